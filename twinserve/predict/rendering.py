"""`Renderer`: predictions as JSON, written so that each number reads back as the same double."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Any, Final

import msgspec

from twinserve.arrays import FloatArray
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import Target, Templates
from twinserve.signature import Columns, Finding
from twinserve.signature.findings import render

Warnings = Mapping[int, Sequence[Finding]]
"""The warnings by row index; rows without any are left out."""
Predict = Callable[[Columns], tuple[Predictions, Warnings]]
"""The predictions for some rows, and the warnings of those that have some; raises `CannotPredict` for rows that have
none."""
NO_WARNINGS: Final = ',"warnings":[]'
MANY: Final = 32
"""Rows from which on it is worth looking for templates that rows share."""
FEW: Final = 8
"""Different templates of many rows that it pays to take apart. With 16, as where some rows are warned of, `%` is as
fast."""


class Renderer:
    """Writes the replies of one version of a model. Numbers are written so that they read back as the same double."""

    def __init__(self, model: str, version: str, target: Target) -> None:
        self._head = f'{{"model":{as_text(model)},"version":{as_text(version)},'
        # Templates, as one `%` for a whole batch takes a third of the time that one for each row does.
        self._templates = target.templates

    def one(self, predictions: Predictions, warnings: Warnings, members: Sequence[str] = ()) -> bytes:
        """The reply to a single instance."""
        templates, numbers = self.templates(predictions, warnings, members, rows=1)
        return f"{self._head}{filled(templates[0], numbers)}}}".encode()

    def many(self, predictions: Predictions, warnings: Warnings, rows: int, members: Sequence[str] = ()) -> bytes:
        """The reply to an array of instances."""
        templates, numbers = self.templates(predictions, warnings, members, rows=rows, name=_place)
        return f'{self._head}"predictions":[{{{joined(templates, numbers, "},{")}}}]}}'.encode()

    def templates(
        self,
        predictions: Predictions,
        warnings: Warnings,
        members: Sequence[str] = (),
        *,
        rows: int,
        name: Callable[[int], str] | None = None,
        common: Sequence[Finding] = (),
    ) -> Templates:
        """The members of each prediction's object, warnings included, and the numbers that are still to be filled in.

        `members` are further ones of each row, templates that stand before its warnings. `name` gives the beginning of
        a row's pointers (None: nothing), `common` are warnings of all rows, which follow each row's own. Raises
        `BadPrediction`."""
        templates, numbers = self._templates(predictions)
        if len(templates) != rows:
            raise BadPrediction(f"The predictor gave {len(templates)} predictions for {rows} rows.")
        if members:
            templates = list(map(add, templates, members))
        ordinary = _warned(common, "") if common else NO_WARNINGS
        if common and name is not None:
            items = [each + _warned(common, name(row)) for row, each in enumerate(templates)]
        elif rows < MANY or members:
            items = [template + ordinary for template in templates]
        else:  # Rows share templates, and so these: 0.03 ms of 1,000, where a text for each takes 0.05.
            items = [*map({each: each + ordinary for each in {*templates}}.__getitem__, templates)]
        for row, findings in warnings.items():
            items[row] = templates[row] + _warned([*findings, *common], "" if name is None else name(row))
        return items, numbers


def explained_too(members: Sequence[str], explanations: Sequence[Any]) -> Sequence[str]:
    """The further members of each row, with its explanation behind those that it has."""
    told = [f',"explanation":{as_text(one)}'.replace("%", "%%") for one in explanations]
    return [a + b for a, b in zip(members, told, strict=True)] if members else told


def filled(template: str, numbers: FloatArray | None) -> str:
    """A template with its numbers."""
    return template % (() if numbers is None else tuple(as_json(numbers)))


def joined(templates: Sequence[str], numbers: FloatArray | None, between: str) -> str:
    """Templates, each with as many of the numbers, and a text between any two of them."""
    rows = len(templates)
    if numbers is not None and rows >= MANY and not numbers.size % rows:
        different = {*templates}
        if len(different) <= FEW:
            return _by_parts(templates, different, as_json(numbers), between)
    return filled(between.join(templates), numbers)


def _by_parts(templates: Sequence[str], different: Iterable[str], numbers: list[str], between: str) -> str:
    """The same where few of the templates are different: their parts and the numbers side by side. Joining these takes
    0.09 ms for 1,000 rows with two numbers each, and one `%` for all 0.12."""
    of_each = len(numbers) // len(templates)
    blanks = ("\0",) * of_each  # No JSON has this character.
    parts = zip(*((each % blanks + between).split("\0") for each in different), strict=True)
    pieces = [""] * (len(templates) * (2 * of_each + 1))
    step = 2 * of_each + 1
    for place, texts in enumerate(parts):
        found = dict(zip(different, texts, strict=True))
        is_one = len({*texts}) == 1
        pieces[2 * place :: step] = [texts[0]] * len(templates) if is_one else map(found.__getitem__, templates)
    for place in range(of_each):
        pieces[2 * place + 1 :: step] = numbers[place::of_each]
    return "".join(pieces)[: -len(between)]


def _place(row: int) -> str:
    return f"/{row}"


def as_json(values: FloatArray) -> list[str]:
    """Each number as JSON, row by row. msgspec writes 2,000 in 0.1 ms, where `repr` takes 1."""
    text = msgspec.json.encode(values.ravel().tolist()).decode()
    if "n" in text:  # It writes what is not finite as null.
        raise BadPrediction("The predictor gave a number that is not finite.")
    return text[1:-1].split(",")


def _warned(findings: Sequence[Finding], row: str) -> str:
    """The member of one prediction, in a template; of a batch of 113 rows with 30 findings each, all together take
    2 ms, not 14."""
    return f',"warnings":{listed(findings, row)}'.replace("%", "%%")


def listed(findings: Sequence[Finding], row: str = "") -> str:
    """Findings as a JSON array, with the beginning of their pointers."""
    return f"[{','.join([f'{begin}{row}{rest}' for begin, rest in map(_text, findings)])}]"


@lru_cache(maxsize=100_000)
def _text(finding: Finding) -> tuple[str, str]:
    """A finding as JSON, around the place where its pointer names the row. A model has one for each of its features."""
    text = as_text(render(finding))
    cut = len('{"pointer":"')
    return text[:cut], text[cut:]


as_text = json.JSONEncoder(separators=(",", ":")).encode
