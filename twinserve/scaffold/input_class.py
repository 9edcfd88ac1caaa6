"""A signature as Pydantic classes: one for each group of fields, with what the table holds as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from twinserve.scaffold.imports import Imports
from twinserve.scaffold.layout import INDENT, WIDTH, Group, Node, Text, call, comment, lines, literal, prose, width
from twinserve.scaffold.names import class_name, field_name
from twinserve.signature.signature import ORDERED, TEMPORAL, Feature, FeatureTree, FeatureType, Signature

TYPES: Final[Mapping[FeatureType, str]] = {
    FeatureType.NUMBER: "float",
    FeatureType.INTEGER: "int",
    FeatureType.BOOLEAN: "bool",
    FeatureType.STRING: "str",
    FeatureType.CATEGORY: "Category",
    FeatureType.DATE: "datetime.date",
    FeatureType.DATETIME: "datetime.datetime",
}
MOST_VALUES: Final = 6
"""Categories that a comment lists."""
LONGEST: Final = 24
"""Characters of a category in a comment."""


class InputClass:
    """Writes the classes of a signature, whose features are those of `frame`."""

    def __init__(self, signature: Signature, frame: pd.DataFrame, imports: Imports) -> None:
        self._tree, self._frame, self._imports = signature.tree(), frame, imports
        self._used: set[str] = set()

    def lines(self, name: str) -> tuple[str, list[str]]:
        """The name of the outermost class, and the lines of all of them, inner ones first."""
        self._imports.name("pydantic", "BaseModel")
        root = class_name(name, ())
        self._used.add(root)
        return root, list(self._group(self._tree, root, f"One {name}, as a caller sends it."))

    def _group(self, tree: FeatureTree, name: str, about: str) -> Iterator[str]:
        body: list[str] = []
        fields: set[str] = set()
        for key, child in tree.items():
            field = field_name(str(key), fields)
            fields.add(field)
            alias = None if field == key else str(key)
            if isinstance(child, Feature):
                annotation = _annotation(child, self._imports)
                body += self._field(field, alias, annotation, _facts(child, self._frame), child.unit)
                continue
            inner = self._class_of(str(key), name)
            yield from self._group(child, inner, "")
            yield from ("", "")
            body += self._field(field, alias, inner, "")
        yield from comment(about) if about else ()
        yield f"class {name}(BaseModel):"
        yield from body

    def _class_of(self, key: str, above: str) -> str:
        plain = class_name(key, ())
        name = class_name(f"{above}_{key}", self._used) if plain in self._used else plain
        self._used.add(name)
        return name

    def _field(
        self, field: str, alias: str | None, annotation: str, facts: str, unit: str | None = None
    ) -> Iterator[str]:
        before = f"{field}: {annotation}"
        given: dict[str, Node] = {} if alias is None else {"alias": Text(alias)}
        if unit is not None:
            given["json_schema_extra"] = Group("{", [(f"{literal('unit')}: ", Text(unit))], "}")
        if not given:
            written = [INDENT + before]
        else:
            value = call(self._imports.name("pydantic", "Field"), **given)
            written = list(lines(value, INDENT, f"{before} = "))
        beside = f"{written[0]}  # {facts}"
        if facts and len(written) == 1 and width(beside) <= WIDTH:
            yield beside
            return
        yield from comment(facts, INDENT) if facts else ()
        yield from written


def _annotation(feature: Feature, imports: Imports) -> str:
    if feature.type in TEMPORAL:
        imports.module("datetime")
    if feature.type is FeatureType.CATEGORY:
        imports.name("twinserve.recipes", "Category")
    return TYPES[feature.type] + (" | None" if feature.nullable else "")


def _facts(feature: Feature, frame: pd.DataFrame) -> str:
    """What the table holds in this column, for a comment."""
    values = frame[feature.name]
    present = values.dropna()
    parts = []
    if feature.type in ORDERED and len(present):
        parts.append(f"{_end(present.min(), feature)} to {_end(present.max(), feature)}")
    elif feature.type is FeatureType.CATEGORY:
        parts.append(_categories(present))
    if feature.nullable:
        share = values.isna().mean()
        parts.append(f"null in {max(share, 0.001):.1%} of the rows" if share else "null in no row")
    return "; ".join(parts)


def _end(value: Any, feature: Feature) -> str:
    if feature.type is FeatureType.DATE:
        return f"{value:%Y-%m-%d}"
    if feature.type is FeatureType.DATETIME:
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:.0f}" if feature.type is FeatureType.INTEGER and abs(value) < 2**53 else f"{value:.6g}"


def _categories(present: pd.Series[Any]) -> str:
    texts = [prose(str(value)) or "(blank)" for value in present.value_counts().index]
    listed = ", ".join(text if len(text) <= LONGEST else f"{text[:LONGEST]}..." for text in texts[:MOST_VALUES])
    more = len(texts) - MOST_VALUES
    return f"such as {listed}; {len(texts)} in all" if more > 0 else f"one of: {listed}"
