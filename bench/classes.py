"""Count what becomes of every classifier, regressor and transformer of scikit-learn, as each is by default.

python -m bench.classes --out docs/models.md

Each is fitted, packaged, opened and asked through a door (`bench/kept.py`). Writes one section of the page and leaves
the rest. The run ends with exit code 1, and the page is not written, if a model answers differently than its estimator
or fails with an error that is none of ours.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sklearn.base import clone
from threadpoolctl import threadpool_limits

from bench.kept import Broken, kept
from bench.model_examples.every_class import classifiers, regressors, transformers
from bench.model_examples.tables import Example, Table
from bench.sections import replaced
from twinserve.errors import ModelError
from twinserve.release.from_estimator import package
from twinserve.store.artifact import Trust, open_version
from twinserve.store.pipelines.pipeline_file import JOBLIB
from twinserve.store.registry import Registry

HEADING: Final = "## Every class of scikit-learn"
COMPILED: Final = "compiled"
SERVED: Final = "scikit-learn"
REFUSED: Final = "refused"
NO_MODEL: Final = "no model of a table"
BROKEN: Final = ("another answer", "a raw error")
KINDS: Final[Mapping[str, Callable[[], Iterator[Example]]]] = {
    "classifiers": classifiers,
    "regressors": regressors,
    "transformers": transformers,
}


@dataclass(frozen=True)
class Found:
    """What became of one class."""

    kind: str
    name: str
    outcome: str
    reason: str = ""
    is_pickle: bool = False
    """Whether the pipeline that serves is stored as a pickle."""


def found(kind: str, name: str, model: Any, table: Table) -> Found:
    """Fit, package, open and ask one estimator."""
    try:
        clone(model).fit(table.frame, table.target)
    except Exception as error:  # Whatever it raises: it is no model of this table.
        return Found(kind, name, NO_MODEL, _first_line(error))
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = kept(model, table.frame, table.target, Path(folder), table.declared)
        except ModelError as error:
            return Found(kind, name, REFUSED, str(error))
        except Broken as error:
            if (sentence := _served_by_itself(model, table)) is not None:
                return Found(kind, name, SERVED, sentence)
            return Found(kind, name, BROKEN[0], str(error))
        except Exception as error:  # This is what is counted.
            return Found(kind, name, BROKEN[1], f"{type(error).__name__}: {_first_line(error)}")
        facts, is_pickle = result.opened.manifest.predictor, (result.folder / JOBLIB).exists()
    if facts.kind == COMPILED:
        return Found(kind, name, COMPILED)
    return Found(kind, name, SERVED, facts.reason.removeprefix("Not compiled: ").rstrip("."), is_pickle)


def _served_by_itself(model: Any, table: Table) -> str | None:
    """Why a version is served by the estimator itself, whose answer then depends on the rows beside; None of a compiled
    one."""
    with tempfile.TemporaryDirectory() as folder:
        version = package(model, table.frame, table.target, name="class", artifacts=Path(folder))
        facts = open_version(Registry(Path(folder), "class").path(version), Trust(pickles=True)).manifest.predictor
    if facts.kind == COMPILED:
        return None
    return f"{type(model).__name__}: its answer for a row depends on the rows beside it"


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]


def section(all_found: Sequence[Found]) -> str:
    """The section of the page: how many of each kind, and a line for each class that is not compiled."""
    lines = [
        HEADING,
        "",
        "Made by `python -m bench.classes`. Every class of `sklearn.utils.all_estimators` as it is by default, fitted",
        "on iris, 200 rows of diabetes, categories or texts, as its tags ask; a transformer stands before a logistic",
        "regression and before a decision tree. What cannot be fitted on such a table is not counted.",
        "",
        "| kind | classes | compiled | served by scikit-learn | refused |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_counted(kind, [one for one in all_found if one.kind == kind]) for kind in KINDS),
        "",
        "Compiled: " + ", ".join(_names(all_found, COMPILED)) + ".",
        "",
        "Not counted: " + ", ".join(_names(all_found, NO_MODEL)) + ".",
        "",
        "Not compiled, and why (*pickle*: what serves is stored as one, which a server must allow):",
        "",
        *(f"- {', '.join(names)}: {reason}" for reason, names in _reasons(all_found).items()),
    ]
    return "\n".join(lines) + "\n"


def _counted(kind: str, some: Sequence[Found]) -> str:
    counts = {outcome: sum(one.outcome == outcome for one in some) for outcome in (COMPILED, SERVED, REFUSED)}
    total = sum(counts.values())
    share = f"{counts[COMPILED] / max(total, 1):.0%}"
    return f"| {kind} | {total} | {counts[COMPILED]} ({share}) | {counts[SERVED]} | {counts[REFUSED]} |"


def _names(all_found: Iterable[Found], outcome: str) -> list[str]:
    """The names of one outcome; a transformer that has it before both predictors is named once."""
    names = [one.name for one in all_found if one.outcome == outcome]
    return _once(names)


def _once(names: Sequence[str]) -> list[str]:
    heads: dict[str, list[str]] = {}
    for name in names:
        first, _, head = name.partition(" + ")
        heads.setdefault(first, []).append(head)
    return [
        name
        for first, behind in heads.items()
        for name in ([first] if len(behind) > 1 or not behind[0] else [f"{first} + {behind[0]}"])
    ]


def _reasons(all_found: Iterable[Found]) -> dict[str, list[str]]:
    """The names by the reason for which they are not compiled."""
    by_reason: dict[str, list[str]] = {}
    for one in all_found:
        if one.outcome in (SERVED, REFUSED):
            _, colon, rest = one.reason.partition(": ")
            reason = (rest if colon else one.reason).replace("|", "/")
            by_reason.setdefault(f"{reason}{' (pickle)' if one.is_pickle else ''}", []).append(one.name)
    return {reason: _once(names) for reason, names in by_reason.items()}


def main() -> int:
    """Count every class and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="the page whose section is written; without it nothing is")
    parser.add_argument("--only", default="", help="classes whose names begin so")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Small examples do not converge.
    all_found: list[Found] = []
    with threadpool_limits(1):
        for kind, examples in KINDS.items():
            for name, model, table in examples():
                if name.startswith(options.only):
                    all_found.append(found(kind, name, model, table))
                    one = all_found[-1]
                    sys.stderr.write(f"{name}: {one.outcome}{' (pickle)' if one.is_pickle else ''} {one.reason}\n")
    if any(one.outcome in BROKEN for one in all_found):
        return 1
    if options.out is not None:
        text = options.out.read_text(encoding="utf-8")
        options.out.write_text(replaced(text, section(all_found)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
