"""Answers as JSON objects: the lines of NDJSON, or the elements of what `POST /predict` answers to an array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import Any, Final

import msgspec

from twinserve.bulk.answering import Answered
from twinserve.bulk.version import BulkVersion
from twinserve.predict.rendering import as_text, explained_too, filled, listed


class Objects:
    """Writes the answers of one version; threads may share it."""

    def __init__(self, version: BulkVersion, *, numbered: bool = False) -> None:
        """`numbered`: pointers begin with the row's number, as in the answer to an array."""
        self._version, self._numbered = version, numbered
        head = f'{{"model":{as_text(version.artifact.manifest.name)},"version":{as_text(version.version)}'
        self.head = f'{head},"predictions":['

    def write(self, answered: Answered, between: str, first: int = 0) -> str:
        """The objects of these rows, the first of which has this number."""
        items, numbers = [""] * answered.rows, None
        places: Iterable[int] = range(answered.rows) if answered.places is None else answered.places.tolist()
        if answered.predictions is not None:
            rows = list(places)
            templates, numbers = self._version.renderer.templates(
                answered.predictions,
                answered.warnings,
                self._members(answered),
                rows=len(rows),
                name=(lambda place: f"/{first + rows[place]}") if self._numbered else None,
                common=answered.common,
            )
            if answered.places is None:
                items = templates
            else:
                for row, template in zip(rows, templates, strict=True):
                    items[row] = template
        for row, findings in answered.errors.items():
            start = f"/{first + row}" if self._numbered else ""
            items[row] = f'"errors":{listed(findings, start)}'.replace("%", "%%")
        if answered.passed:
            items = list(map(add, _heads(answered.passed), items))
        return filled("{" + f"}}{between}{{".join(items) + "}", numbers) if items else ""

    def _members(self, answered: Answered) -> Sequence[str]:
        """The further members of each row's object."""
        version = self._version
        covered = () if answered.covered is None else version.coverage.members(answered.covered)
        if answered.explained is None:
            return covered
        return explained_too(covered, answered.explained.described(version.pointers))


def _heads(passed: Mapping[str, Any]) -> list[str]:
    """The members that come back, which stand first."""
    columns = [[f"{as_text(name)}:{text}," for text in json_texts(values)] for name, values in passed.items()]
    return ["".join(cells).replace("%", "%%") for cells in zip(*columns, strict=True)]


def json_texts(values: Any) -> list[str]:
    """The values of a list or of an Arrow array as JSON; what is no number is null, dates are texts."""
    return [NULL if value is None else msgspec.json.encode(value).decode() for value in listed_cells(values)]


def listed_cells(values: Any) -> list[Any]:
    """The values of a list or of an Arrow array."""
    if isinstance(values, list):
        return values
    from twinserve.bulk.arrow_cells import cells_of

    return cells_of(values)


NULL: Final = "null"


def as_text_cell(value: Any) -> str | None:
    """A value as the text of a cell: a text as it is, null as none, anything else as its JSON."""
    if value is None or isinstance(value, str):
        return value
    text = msgspec.json.encode(value)
    if text == b"null":
        return None
    return str(msgspec.json.decode(text)) if text.startswith(b'"') else text.decode()
