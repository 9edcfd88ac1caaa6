"""Between tables and instances, whatever library the table is of: names of columns, nesting, columns of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from twinserve.errors import AskedWrongly
from twinserve.signature import Feature, Finding, Signature
from twinserve.signature.findings import EXPLANATIONS, ignored, unknown_key
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput
from twinserve.signature.signature import FeatureTree, is_array

NAMED: Final = ("probabilities", "labels", "values", "quantiles")
"""The members of a prediction that are objects, each of whose names is a column."""


def require_columns(names: Sequence[str], signature: Signature) -> None:
    """Raise `InvalidInput` where columns are missing or unknown, `AskedWrongly` where two have one name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AskedWrongly(f"Two columns are named {twice[0]!r}; leave one out.")
    known = {feature.name for feature in signature.features}
    code, sentence = EXPLANATIONS["missing"]
    lacking = [f for f in signature.features if f.required and f.name not in names]
    findings = [Finding(feature.path, code, sentence({})) for feature in lacking]
    findings += [unknown_key((name,)) for name in names if name not in known and name not in signature.left_out]
    if findings:
        raise InvalidInput(findings[:MAX_ERRORS], len(findings))


def ignored_columns(names: Iterable[str], signature: Signature) -> list[Finding]:
    """A warning for each column that training left out, in the order of the training table."""
    known, given = {feature.name for feature in signature.features}, set(names)
    told = ((name, why) for name, why in signature.left_out.items() if name in given - known)
    return [ignored((name,), why) for name, why in told]


def nested(tree: FeatureTree, columns: Mapping[Any, list[Any]], rows: int) -> list[Any]:
    """An instance for each row, from the cells of each feature by its path; a column that is not there is omitted in
    all of them."""
    parts = {
        part: columns.get(child.path) if isinstance(child, Feature) else nested(child, columns, rows)
        for part, child in tree.items()
    }
    given = {part: column for part, column in parts.items() if column is not None}
    if not given:
        return [{} for _ in range(rows)]
    lines = zip(*given.values(), strict=True)
    return [list(line) for line in lines] if is_array(tree) else [dict(zip(given, line, strict=True)) for line in lines]


def as_columns(given: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The columns of a table of predictions."""
    columns: dict[str, list[Any]] = {}
    for name in given[0]:
        values = [answer[name] for answer in given]
        if name == "interval":
            columns |= {end: [value[end] for value in values] for end in ("low", "high")}
        elif name == "set":
            columns[name] = [value["labels"] for value in values]
        elif name in NAMED:
            columns |= _by_name(name, values)
        else:
            columns[name] = values
    return columns


def _by_name(path: str, values: list[Any]) -> dict[str, list[Any]]:
    """A column for each name of some objects, such as `probabilities.CLASS`; none where there are no objects."""
    if not isinstance(values[0], dict):
        return {} if values[0] is None else {path: values}
    columns: dict[str, list[Any]] = {}
    for name in values[0]:
        columns |= _by_name(f"{path}.{name}", [value[name] for value in values])
    return columns
