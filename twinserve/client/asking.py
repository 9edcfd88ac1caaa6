"""Predictions for one instance, for many, and for a table: in as many requests as the server's limits ask for."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from twinserve.client import replies
from twinserve.client.bodies import Piece, one_body, pieces
from twinserve.client.calling import Caller, checked_id
from twinserve.client.errors import InvalidInput, MixedVersions, Problem, UnexpectedAnswer
from twinserve.client.findings import Names, joined
from twinserve.client.frames.tables import Table
from twinserve.client.limits import Limits
from twinserve.client.messages import Steps, Together

AT_ONCE: Final = 4
"""Requests of one table that are under way at the same time."""
MOST_FINDINGS: Final = 100
ROUNDS: Final = 3
"""How often parts are asked for again that another version answered."""
HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
OF_NAMES: Final = frozenset({"unknown", "missing"})
"""The codes of errors that another version's input may explain."""


@dataclass(frozen=True)
class Asked:
    """Where to ask, and with which id."""

    url: str
    request_id: str | None

    def id_of(self, number: int) -> str:
        """The id of a part: the caller's for the first one, and for each other one that it begins."""
        return f"{self.request_id[:52]}.{number}" if self.request_id and number else checked_id(self.request_id)


@dataclass
class Part:
    """What came back for some rows: their predictions, or the errors in them."""

    piece: Piece
    model: str = ""
    version: str = ""
    predictions: Sequence[dict[str, Any]] = ()
    error: InvalidInput | None = None


INDEX: Final = re.compile(r"/(\d{1,15})(?=/|$)", re.ASCII)

SchemaText = Callable[..., Steps["bytes | None"]]
"""Steps that give the schema's bytes, new ones with `renew=True`."""


class Asking:
    """One call of `predict` or `explain`."""

    def __init__(self, caller: Caller, asked: Asked, limits: Limits, at_once: int) -> None:
        checked_id(asked.request_id)
        self._caller, self._asked, self._limits, self._at_once = caller, asked, limits, at_once

    def one(self, instance: Mapping[str, Any]) -> Steps[Any]:
        """The answer for one instance."""
        return (yield from self._post(one_body(instance), Names(), self._asked.request_id))

    def many(self, instances: Sequence[Any]) -> Steps[Any]:
        """The answer for a list: the server's own where one request holds it, else one made of several."""
        names = Names(is_array=True)

        def rows(start: int, stop: int) -> Sequence[Any]:
            return instances[start:stop]

        parts = yield from self._parts(rows, len(instances), names)
        predictions: list[dict[str, Any]] = []
        for part in parts:
            for prediction in part.predictions if part.piece.start else ():
                _move(prediction, part.piece.start)
            predictions += part.predictions
        return {"model": parts[-1].model, "version": parts[-1].version, "predictions": predictions}

    def table(self, table: Table, schema_text: SchemaText) -> Steps[Any]:
        """The answer for a table, as a table of its kind.

        Where columns do not fit a schema that has changed since it was read, they are tried once more with the new."""
        known = yield from schema_text()
        try:
            return (yield from self._table(table, known))
        except InvalidInput as error:
            if not OF_NAMES & {finding.code for finding in error.findings}:
                raise
            renewed = yield from schema_text(renew=True)
            if renewed == known:
                raise
        return (yield from self._table(table, renewed))

    def _table(self, table: Table, schema: bytes | None) -> Steps[Any]:
        reader = table.reader(schema)
        names = Names(is_array=True, columns=table.names, label=table.label)
        parts = yield from self._parts(reader.rows, len(table), names)
        predictions = [prediction for part in parts for prediction in part.predictions]
        for prediction in predictions:
            prediction["warnings"] = [*map(_of_row, prediction["warnings"]), *reader.ignored]
        versions = list(dict.fromkeys(part.version for part in parts))
        return table.made(predictions, parts[-1].model, versions)

    def _parts(self, rows: Callable[[int, int], Sequence[Any]], count: int, names: Names) -> Steps[list[Part]]:
        """The parts of all rows in order, answered by one version; raises `InvalidInput` with all their errors."""
        found = 0

        def each() -> Iterator[Steps[list[Part]]]:
            for number, piece in enumerate(pieces(rows, count, self._limits, names)):
                if found >= MOST_FINDINGS:
                    return
                yield counted(self._answered(piece, names, number))

        def counted(steps: Steps[list[Part]]) -> Steps[list[Part]]:
            nonlocal found
            parts = yield from steps
            found += _found(parts)
            return parts

        answered: list[list[Part]] = yield Together(each(), self._at_once)
        parts = [part for some in answered for part in some]
        errors = [part.error for part in parts if part.error is not None]
        if errors:
            asked = sum(part.piece.count for part in parts)
            raise joined(errors, MOST_FINDINGS, all_asked=asked == count)
        return (yield from self._of_one_version(parts, names))

    def _answered(self, piece: Piece, names: Names, number: int) -> Steps[list[Part]]:
        """The answer for a piece, as one part, or as several where the server takes less at once."""
        called = Names(names.is_array, piece.start, names.columns, names.label)
        try:
            answer = yield from self._post(piece.body, called, self._asked.id_of(number), piece.count)
        except (Problem, UnexpectedAnswer) as error:
            if self._limits.learn(error, piece.count, len(piece.body)):
                return (yield from self._smaller(piece, names, number))
            if isinstance(error, InvalidInput) and error.status is not None:
                return [Part(piece, error=error)]
            raise
        piece.forget()
        return [Part(piece, answer["model"], answer["version"], answer["predictions"])]

    def _smaller(self, piece: Piece, names: Names, number: int) -> Steps[list[Part]]:
        """The answers for a piece that the server refused for its size."""
        parts: list[Part] = []
        for smaller in piece.cut(self._limits):
            if _found(parts) >= MOST_FINDINGS:
                break
            parts += yield from self._answered(smaller, names, number)
        return parts

    def _of_one_version(self, parts: list[Part], names: Names) -> Steps[list[Part]]:
        """The parts, all answered by one version: where a model was swapped meanwhile, some are asked for again.

        First the fewer ones; what answers these is the version that serves now, be it newer or, after a rollback,
        older. Then those of any other version."""
        serving = Counter(part.version for part in parts).most_common(1)[0][0]
        for _ in range(ROUNDS):
            others = [place for place, part in enumerate(parts) if part.version != serving]
            if not others:
                return parts
            again = yield Together(
                (self._answered(parts[place].piece, names, place) for place in others), self._at_once
            )
            by_place = dict(zip(others, again, strict=True))
            serving = again[-1][-1].version
            parts = [new for place, part in enumerate(parts) for new in by_place.get(place, [part])]
            if errors := [part.error for part in parts if part.error is not None]:
                raise joined(errors, MOST_FINDINGS, all_asked=True)
        if len({part.version for part in parts}) > 1:
            warnings.warn("The parts of this input were answered by several versions.", MixedVersions, stacklevel=2)
        return parts

    def _post(self, body: bytes, names: Names, request_id: str | None, count: int | None = None) -> Steps[Any]:
        response = yield from self._caller.call("POST", self._asked.url, body, HEADERS, request_id=request_id)
        why = "which is no prediction, or none for each row"
        return replies.value(response, lambda given: _is_answer(given, count), why, names)


def _is_answer(answer: Any, count: int | None) -> bool:
    """Is it an answer for one instance, or for this number of them?"""
    if not isinstance(answer, dict) or not all(isinstance(answer.get(name), str) for name in ("model", "version")):
        return False
    predictions: Any = [answer] if count is None else answer.get("predictions")
    if not isinstance(predictions, list) or (count is not None and len(predictions) != count):
        return False
    return all(isinstance(one, dict) and _are_warnings(one.get("warnings")) for one in predictions)


def _are_warnings(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, dict) and type(one.get("pointer")) is str for one in given)


def _found(parts: Sequence[Part]) -> int:
    return sum(len(part.error.findings) for part in parts if part.error is not None)


def _of_row(warning: Mapping[str, str]) -> dict[str, str]:
    """A warning whose pointer begins at the row."""
    return {**warning, "pointer": _moved(warning["pointer"], None)}


def _move(prediction: dict[str, Any], start: int) -> None:
    """Count the rows in the pointers of a prediction's warnings from the first of all."""
    for warning in prediction["warnings"]:
        warning["pointer"] = _moved(warning["pointer"], start)


def _moved(pointer: str, start: int | None) -> str:
    """A pointer that begins with a row of a part: counted from the first row of all, or without its row."""
    row = INDEX.match(pointer)
    if row is None:
        return pointer
    return ("" if start is None else f"/{int(row[1]) + start}") + pointer[row.end() :]
