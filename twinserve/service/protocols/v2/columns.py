"""Inputs as the columns of a model: which input holds which fields, and whether the values are valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from twinserve.service.http.problem import invalid_input
from twinserve.service.protocols.json_bodies import bad
from twinserve.service.protocols.v2.acceptor import ColumnAcceptor
from twinserve.service.protocols.v2.datatypes import FP64, LAYOUTS, Kind
from twinserve.service.protocols.v2.request import Input, Request
from twinserve.service.protocols.v2.rows import Rows
from twinserve.service.protocols.v2.tensors import Given, Tensor, read_tensor
from twinserve.service.settings import Settings
from twinserve.signature import Finding, Signature
from twinserve.signature.findings import ignored, unknown_key
from twinserve.signature.request.diagnosis import MAX_ERRORS, InvalidInput, too_many
from twinserve.signature.request.spelling import Row, Spelled
from twinserve.signature.request.validator import Batch

DOUBLE: Final = LAYOUTS[FP64]


class ColumnReader:
    """Reads the inputs for one version of a model; safe to share between threads."""

    def __init__(self, signature: Signature, settings: Settings) -> None:
        self._features = signature.features
        self._left_out = signature.left_out
        self._most = settings.max_batch
        self._places: dict[str, Sequence[int]] = {f.name: (place,) for place, f in enumerate(signature.features)}
        for name, places in _lists(signature).items():
            self._places.setdefault(name, places)
        self._acceptor = ColumnAcceptor(signature, settings.out_of_range)
        self._rows = Rows(signature, settings)

    def read(self, request: Request) -> Batch:
        """The columns of the inputs; raises `Problem`: 400 if they do not fit together, 422 if values are invalid."""
        tensors, rows, unused = self._fitting(request)
        columns = self._acceptor.accept(tensors, rows)
        if columns is None:
            columns = self._rows.validated(tensors, rows).columns
        return Batch(columns, is_array=True, spelled=_spelled(unused, rows))

    def accepted(self, request: Request) -> Batch | None:
        """The same, without a closer look at values; None where that may find errors. Raises `Problem` (400, 422)."""
        tensors, rows, unused = self._fitting(request)
        columns = self._acceptor.accept(tensors, rows)
        return None if columns is None else Batch(columns, is_array=True, spelled=_spelled(unused, rows))

    def _fitting(self, request: Request) -> tuple[Sequence[Given], int, Sequence[Finding]]:
        """The inputs, which fit together; their number of rows; and a warning for each that is ignored."""
        given, unused, findings = self._look(request.inputs)
        self._require_rows(request.inputs)
        if findings:
            raise invalid_input(InvalidInput(findings[:MAX_ERRORS], len(findings)))
        rows = request.inputs[0].shape[0]
        whole = self._whole(request, given, rows)
        if whole is not None:
            return [whole], rows, unused
        tensors = [
            Given(read_tensor(place, request.inputs[place], request.binaries.get(place)), places)
            for place, places in given.items()
        ]
        return tensors, rows, unused

    def _look(self, inputs: Sequence[Input]) -> tuple[Mapping[int, Sequence[int]], list[Finding], list[Finding]]:
        """The fields of each input by its place, a warning for each that is ignored, and errors in the order of the
        signature."""
        given: dict[int, Sequence[int]] = {}
        unused: list[Finding] = []
        unknown: list[Finding] = []
        taken: dict[str | int, int] = {}
        for place, tensor in enumerate(inputs):
            places = self._fields(tensor, len(inputs))
            holds: tuple[str | int, ...] = (tensor.name, *places)
            for held in holds:
                if taken.setdefault(held, place) != place:
                    raise bad(f"/inputs/{place}: Another input holds the same.")
            if places:
                _require_columns(place, tensor, len(places))
                given[place] = places
            elif tensor.name in self._left_out:
                unused.append(ignored((tensor.name,), self._left_out[tensor.name]))
            else:
                unknown.append(unknown_key((tensor.name,)))
        missing = (f.path for place, f in enumerate(self._features) if f.required and place not in taken)
        return given, unused, [*(Finding(path, "missing", "This field is required.") for path in missing), *unknown]

    def _whole(self, request: Request, given: Mapping[int, Sequence[int]], rows: int) -> Given | None:
        """Inputs as one tensor, if each is one field in binary doubles: their data lie one behind another. One by one
        30 of them, of 1,000 rows each, take 150 us; so they take 50."""
        inputs, binaries, size = request.inputs, request.binaries, rows * DOUBLE.itemsize
        if not 1 < len(inputs) == len(binaries) == len(given) == len(self._features):
            return None
        if any(tensor.datatype != FP64 for tensor in inputs) or any(len(data) != size for data in binaries.values()):
            return None
        order = np.argsort([places[0] for places in given.values()])  # No two hold the same field.
        numbers = np.frombuffer(request.binary, DOUBLE).reshape(len(inputs), rows)[order].T
        return Given(Tensor("", Kind.FLOAT, rows, len(inputs), numbers), range(len(inputs)))

    def _fields(self, tensor: Input, inputs: int) -> Sequence[int]:
        """The fields whose values an input holds; the only one may hold all of them, whatever its name."""
        known = self._places.get(tensor.name)
        if known is None and inputs == 1 and len(tensor.shape) == 2 and tensor.name not in self._left_out:
            return range(len(self._features))
        return known or ()

    def _require_rows(self, inputs: Sequence[Input]) -> None:
        """Raise `Problem` unless all inputs have the same number of rows, and no more than are allowed."""
        if not inputs:
            raise bad("/inputs: Must hold one input for each field, or one for all.")
        rows = {tensor.shape[0] for tensor in inputs if tensor.shape}
        if len(rows) != 1:
            raise bad("/inputs: All must have the same number of rows, the first in their shapes.")
        if max(rows) > self._most:
            raise invalid_input(too_many(self._most))


def _require_columns(place: int, tensor: Input, columns: int) -> None:
    """Raise `Problem` (400) unless an input has a column for each of its fields."""
    allowed = [2] if columns > 1 else [1, 2]
    if len(tensor.shape) not in allowed or (len(tensor.shape) == 2 and tensor.shape[1] != columns):
        forms = f"[rows, {columns}]" if columns > 1 else "[rows] or [rows, 1]"
        raise bad(f"/inputs/{place}/shape: Must be {forms}.")


def _lists(signature: Signature) -> Mapping[str, Sequence[int]]:
    """The fields of each list of fields, by its dotted name: one input may hold all of them."""
    found: dict[str, list[int]] = {}
    for place, feature in enumerate(signature.features):
        if isinstance(feature.path[-1], int) and len(feature.path) > 1:
            found.setdefault(".".join(map(str, feature.path[:-1])), []).append(place)
    return found


def _spelled(unused: Sequence[Finding], rows: int) -> Spelled | None:
    """The warnings of each row about inputs that are ignored."""
    return Spelled(dict.fromkeys(range(rows), Row(ignored=tuple(unused)))) if unused else None
