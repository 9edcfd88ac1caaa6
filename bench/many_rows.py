"""Ask compiled models about half a million rows that the proof does not make, and count other answers.

python -m bench.many_rows --out docs/models.md

Every model of `bench/model_examples` that the page has as compiled, and every class of scikit-learn that compiles, is
fitted, compiled as `package` compiles it, and compared with the estimator as the proof compares. Writes one section of
the page and leaves the rest; exit code 1 if a label differs, or a row has an answer from one of the two only.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import onnx
from threadpoolctl import threadpool_limits

from bench.kept import TOLERANCE
from bench.made_rows import made_rows
from bench.model_examples.every_class import classifiers, regressors, transformers
from bench.model_examples.every_model import examples
from bench.model_examples.tables import Example, Table
from bench.models import compiled_rows
from bench.sections import replaced
from twinserve.errors import ModelError
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.proof.parity import Parity, compare
from twinserve.proof.probes import probes
from twinserve.proof.prove import compile_model
from twinserve.release.fitted_elsewhere.given_rows import described
from twinserve.release.fitted_elsewhere.packaging import task_of
from twinserve.release.fitted_elsewhere.same_answers import named_columns, with_same_answers
from twinserve.release.fitted_elsewhere.targets import names_of, target_of
from twinserve.signature.frames import from_frame

HEADING: Final = "## Half a million other rows"
ROWS: Final = 1600
"""For each model."""


@dataclass(frozen=True)
class Asked:
    """A compiled model and what the comparison found."""

    name: str
    parity: Parity


def asked(name: str, model: Any, table: Table, rows: int) -> Asked | None:
    """Fit, compile and compare one model; None where it does not compile, or differs on rows of the proof already."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    model.fit(table.frame, table.target)
    frame, signature = described(table.frame, table.declared)
    named = named_columns(model, list(frame.columns))
    answers = None if table.target is None else model.predict(table.frame)
    target = target_of(named, task_of(named), answers, names_of(table.target))
    pipeline = with_same_answers(model, named, table.frame, frame, target)
    compiled = compile_model(pipeline, signature)
    if isinstance(compiled, Exception):
        return None
    by_graph, fitted = CompiledPredictor(compiled.graph), SklearnPredictor(pipeline, signature, target)
    real = from_frame(frame, signature)
    if not compare(by_graph, fitted, probes(real, signature, (), 0)).holds:
        return None
    made = made_rows(real, signature, onnx.load_from_string(compiled.graph), rows)
    return Asked(name, compare(by_graph, fitted, made))


def section(all_asked: Sequence[Asked]) -> str:
    """The section of the page."""
    found = [one.parity for one in all_asked]
    rows = sum(each.rows + each.unanswered for each in found)
    far = [one for one in all_asked if one.parity.largest_difference > TOLERANCE]
    within = [one for one in all_asked if one.parity.largest_difference <= TOLERANCE]
    largest = max(within, key=lambda one: one.parity.largest_difference)
    lines = [
        HEADING,
        "",
        "Made by `python -m bench.many_rows`: rows as the proof does not make them (`bench/made_rows.py`). Cells of",
        "real rows at random scales, midpoints between rows, numbers up to three doubles and one float to each side of",
        "the thresholds in the graph, denormal, tiny and huge numbers, nulls, unseen words, repeated rows.",
        "",
        f"{len(all_asked)} compiled models, {rows:,} rows, of which neither answers {_sum(found, 'unanswered'):,}:",
        f"{_sum(found, 'label_flips')} labels differ, {_sum(found, 'answered_by_one')} rows are answered by one of the",
        f"two only. The largest difference is {largest.parity.largest_difference:.1e} ({largest.name}).",
        *_sums(far),
    ]
    return "\n".join(lines) + "\n"


def _sum(found: Sequence[Parity], field: str) -> int:
    return sum(int(getattr(parity, field)) for parity in found)


def _sums(far: Sequence[Asked]) -> list[str]:
    if not far:
        return []
    listed = ", ".join(f"{one.name} ({one.parity.largest_difference:.1e})" for one in far)
    return [
        "",
        "Not counted there, because their sums cancel: where the terms of a sum are larger than their sum by a factor",
        "`f`, either library has it only up to `f` times 1e-16, and neither value is the better one: " + listed + ".",
    ]


def _models(page: Path) -> Iterator[Example]:
    classes = chain(classifiers(), regressors(), transformers())
    yield from ((f"{name}, by default", model, table) for name, model, table in classes)
    known = compiled_rows(page)
    yield from (example for example in examples() if example[0] in known)


def main() -> int:
    """Compare every compiled model and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--page", type=Path, default=Path("docs/models.md"), help="the page with the compiled models")
    parser.add_argument("--out", type=Path, help="the page whose section is written; without it nothing is")
    parser.add_argument("--rows", type=int, default=ROWS, help="for each model")
    parser.add_argument("--only", default="", help="models whose names begin so")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which no other model is begun")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Small examples do not converge.
    all_asked: list[Asked] = []
    end = time.monotonic() + 60.0 * options.minutes
    with threadpool_limits(1):
        for name, model, table in _models(options.page):
            if not name.startswith(options.only) or time.monotonic() > end:
                continue
            try:
                one = asked(name, model, table, options.rows)
            except (ModelError, ValueError, TypeError, AttributeError) as error:  # It is no model of this table.
                sys.stderr.write(f"{name}: not asked, {str(error).splitlines()[0]}\n")
                continue
            if one is not None:
                all_asked.append(one)
                sys.stderr.write(f"{name}: {one.parity}\n")
    if options.out is not None and all_asked:
        text = options.out.read_text(encoding="utf-8")
        options.out.write_text(replaced(text, section(all_asked)), encoding="utf-8")
    return int(any(one.parity.label_flips or one.parity.answered_by_one for one in all_asked))


if __name__ == "__main__":
    sys.exit(main())
