"""`Rows`: instances in any of their forms as columns, with errors that point into the body that was sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from twinserve.service.http.problem import Problem, invalid_input
from twinserve.service.protocols.json_bodies import bad, members_of, read_json
from twinserve.service.protocols.validation import validator_of
from twinserve.service.settings import Settings
from twinserve.signature.findings import Finding
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput, too_many
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

OBJECTS: Final = re.compile(rb"[ \t\n\r]*\[[ \t\n\r]*\{")


class Enveloped(NamedTuple):
    """The instances of an envelope."""

    batch: Batch
    others: Mapping[str, Any]
    """Its other members."""


class Rows:
    """Reads the instances of one version of a model."""

    def __init__(self, artifact: LoadedArtifact, settings: Settings) -> None:
        self._validator = validator_of(artifact.signature, settings)
        self.names = [feature.name for feature in artifact.signature.features]
        """The columns of a training table, in its order."""
        self._max_explain, self._max_depth = settings.max_explain, settings.max_depth

    def read(self, rows: Any, place: str, *, explains: bool = False) -> Batch:
        """Instances, each an object or the list of its values in the order of the columns; raises `Problem` (422).

        `place`: the JSON Pointer of the list in the body, which stands in front of those of the errors."""
        with pointing(place):
            if not isinstance(rows, list):
                raise InvalidInput([Finding((), "type", "Must be an array of instances.")], 1)
            if explains and len(rows) > self._max_explain:
                raise too_many(self._max_explain)
            return self._validator.validate_value(self._named(rows))

    def enveloped(self, body: bytes, names: Collection[str], others: Collection[str]) -> Enveloped | None:
        """An object with one array of objects, by one of these names, and maybe others, as the native validation reads
        it: 1,000 instances of 30 fields in 2 ms, where `read` takes 15. None leaves it to `read`: all that is not
        valid, or may hold lists of values."""
        members = members_of(body) or {}
        given = [name for name in names if name in members]
        if len(given) != 1 or not members.keys() <= {*given, *others} or OBJECTS.match(members[given[0]]) is None:
            return None
        try:
            batch = self._validator.validate(members[given[0]])
        except (MalformedJson, InvalidInput):
            return None
        return Enveloped(
            batch, {name: read_json(members[name], self._max_depth) for name in members if name != given[0]}
        )

    def split(self, columns: Any, rows: Any, place: str) -> Batch:
        """Rows as lists of values, beside the names of their columns."""
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise bad(f"{place}/columns: Must be an array of names.")
        if len(set(columns)) < len(columns):
            raise bad(f"{place}/columns: Must not name a column twice.")
        if not isinstance(rows, list):
            raise bad(f"{place}/data: Must be an array of rows.")
        with pointing(f"{place}/data"):
            if others := [number for number, row in enumerate(rows) if not isinstance(row, list)]:
                detail = "Must be an array of values, one for each column."
                raise InvalidInput([Finding((number,), "type", detail) for number in others[:MAX_ERRORS]], len(others))
            self._require_widths(rows, len(columns))
            return self._validator.validate_value([dict(zip(columns, row, strict=True)) for row in rows])

    def columns(self, values: Mapping[str, Any], place: str) -> Batch:
        """An array of values for each column; raises `Problem` (400) where they are not equally long."""
        lists = [value if isinstance(value, list) else [value] for value in values.values()]
        if len({len(value) for value in lists}) > 1:
            raise bad(f"{place}: All columns must have as many values.")
        with pointing(place, by_column=True):
            return self._validator.validate_value(
                [dict(zip(values, row, strict=True)) for row in zip(*lists, strict=True)]
            )

    def _named(self, rows: Sequence[Any]) -> list[Any]:
        lists = [row for row in rows if isinstance(row, list)]
        if not lists:
            return [*rows]
        self._require_widths(rows, len(self.names))
        return [dict(zip(self.names, row, strict=True)) if isinstance(row, list) else row for row in rows]

    def _require_widths(self, rows: Sequence[Any], width: int) -> None:
        wrong = [place for place, row in enumerate(rows) if isinstance(row, list) and len(row) != width]
        if wrong:
            detail = f"Must have {width} values, one for each column."
            raise InvalidInput([Finding((place,), "length", detail) for place in wrong[:MAX_ERRORS]], len(wrong))


@contextmanager
def pointing(place: str, *, by_column: bool = False) -> Iterator[None]:
    """Raises what is invalid as `Problem` (422), whose pointers begin with this one; `by_column`: a value of the first
    row is in the column's array."""
    try:
        yield
    except InvalidInput as error:
        problem = invalid_input(error)
        errors = [
            {**one, "pointer": place + (_turned(one["pointer"]) if by_column else one["pointer"])}
            for one in problem.errors
        ]
        raise Problem(problem.kind, problem.detail, errors=errors) from None


def _turned(pointer: str) -> str:
    """`/3/age` as `/age/3`."""
    _, *parts = pointer.split("/")
    return "".join(f"/{part}" for part in (*parts[1:], *parts[:1]))
