"""The validator of bodies: bytes in, columns or errors out."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from twinserve.arrays import FloatArray
from twinserve.signature.columns import Columns, code_table, encode
from twinserve.signature.findings import Finding
from twinserve.signature.request import gc_pause
from twinserve.signature.request.core_schema import schema
from twinserve.signature.request.counting import LONG, count
from twinserve.signature.request.diagnosis import Examiner, InvalidInput
from twinserve.signature.request.envelope import WholeTable
from twinserve.signature.request.fast_path import Acceptor, Unsuited
from twinserve.signature.request.flatten import flattener, tree_order
from twinserve.signature.request.negative_zero import has_zero, unsign, with_signs
from twinserve.signature.request.pydantic_path import JsonReader
from twinserve.signature.request.python_values import to_json
from twinserve.signature.request.spelling import Spelled, Speller
from twinserve.signature.request.strict_json import MAX_DEPTH, TooDeep, parse
from twinserve.signature.signature import TEXTUAL, Feature, FeatureTree, FeatureType, OutOfRange, Signature, is_array

MAX_BATCH: Final = 10_000
MANY: Final = 1_000
"""Values among which it pays to replace nulls column by column."""
SPARE_COLONS: Final = 1_000
"""Colons that a body may have beyond those of its keys, as strings may hold some. In a body with more of them, unknown
keys are dropped before Pydantic lists them."""


class Batch(NamedTuple):
    """A valid request: its columns, and whether it was an array or a single instance."""

    columns: Columns
    is_array: bool
    spelled: Spelled | None = None
    """How its instances were written, where that differs from the nested form."""
    asks: Any = None
    """What the body asks for beside predictions, for a protocol whose bodies do (the service's `Asked`)."""


class Validator:
    """Compiled once from a signature; safe to share between threads.

    With `out_of_range="reject"` a value that training never saw (a number outside the range, another category) is an
    error.
    """

    def __init__(
        self,
        signature: Signature,
        *,
        max_batch: int = MAX_BATCH,
        max_depth: int = MAX_DEPTH,
        out_of_range: OutOfRange = "warn",
    ) -> None:
        """`max_depth`: nested containers in a body; at least as many as an array of instances has."""
        instance = schema(signature.tree(), reject=out_of_range == "reject")
        rules = SchemaValidator(instance)
        self._many = SchemaValidator(cs.list_schema(instance, fail_fast=True))
        self._max_batch = max_batch
        self._max_depth = max(max_depth, 1 + max(len(feature.path) for feature in signature.features))
        self._flatten = flattener(signature.tree())
        self._order = tree_order(signature)
        self._in_order = self._order == list(range(len(self._order)))
        self._textual = {
            place: None if feature.type is FeatureType.STRING else code_table(feature.vocabulary)
            for place, feature in enumerate(signature.features)
            if feature.type in TEXTUAL
        }
        """By column of a textual feature: the codes of its categories, or None for strings."""
        self._nullable = [
            self._order[place]
            for place, feature in enumerate(signature.features)
            if place not in self._textual and (feature.nullable or not feature.required)
        ]
        """The places, in tree order, of the numbers that may be null."""
        self._integers = [p for p, feature in enumerate(signature.features) if feature.type is FeatureType.INTEGER]
        self._keys = _key_count(signature)
        self._acceptor = _acceptor(signature, max_batch, out_of_range)
        self._examiner = Examiner(signature, rules, max_batch)
        self._speller = Speller(signature)
        self._whole_table = WholeTable(signature)

    def validate(self, body: bytes) -> Batch:
        """The body as columns; raises `MalformedJson` or `InvalidInput`."""
        array = body.lstrip(b" \t\n\r").startswith(b"[")
        colons = count(body, b":")
        values = self._acceptor.accept(body, array=array, colons=colons, keys=self._keys)
        spelled = None
        if values is None:
            with gc_pause.pause if len(body) > LONG else nullcontext():
                outcome = self._look_closely(body, colons, array=array)
            if isinstance(outcome, InvalidInput):  # Raised here, where no variable holds values of the body.
                raise outcome
            values, spelled = outcome
        columns = self._columns(values)
        if b"-" in body and has_zero(columns.matrix):  # Looking for the minus alone takes 0.05 us.
            if (signed := with_signs(body)) != body:
                return self.validate(signed)
            unsign(columns.matrix, self._integers)
        return Batch(columns, array, spelled)

    def validate_value(self, value: Any) -> Batch:
        """A Python value as columns, by the rules for the JSON that it stands for: a list or tuple is an array of
        instances, anything else one instance. Raises `InvalidInput`."""
        array = isinstance(value, (list, tuple))
        if isinstance(self._acceptor, Acceptor):
            values = self._acceptor.accept_values(value if array else (value,))
            if values is not None:
                columns = self._columns(values)
                if self._integers and has_zero(columns.matrix):
                    unsign(columns.matrix, self._integers)
                return Batch(columns, is_array=array)
        return self.validate(to_json(value, self._speller.left_out, is_array=array))

    def _look_closely(
        self, body: bytes, colons: int, *, array: bool
    ) -> tuple[list[Any], Spelled | None] | InvalidInput:
        """The values of a body that the fast path left, or its errors; raises `MalformedJson`.

        Most such bodies are invalid; valid ones omit fields or have colons in their strings."""
        try:
            value = parse(body, self._max_depth)
        except TooDeep as error:
            return InvalidInput([Finding((), "depth", str(error))], 1)
        rows = value if array else [value]
        spelled, table, keys = None, None, self._keys
        if 0 < len(rows) <= self._max_batch:
            if (values := self._tried(rows, colons, keys)) is not None:
                return values, None
            table = self._whole_table.look(value)
            spelled = self._speller.read(rows)
            keys += len(self._speller.names)
            if spelled and not spelled.is_twice and (values := self._tried(rows, colons, keys)) is not None:
                return values, spelled
        refusal = self._examiner.refusal(rows, array=array, spelled=spelled)
        if refusal is not None and table is not None:
            return InvalidInput([table], 1)
        return refusal or (self._values(self._many.validate_python(rows)), spelled)

    def _tried(self, rows: Sequence[Any], colons: int, keys: int) -> list[Any] | None:
        """The values of these rows; None where one of them is invalid, or where they may have many unknown keys."""
        if colons > keys * len(rows) + SPARE_COLONS:
            return None
        try:
            return self._values(self._many.validate_python(rows))
        except ValidationError:
            return None  # It reports the first invalid row only.

    def _values(self, instances: Sequence[Any]) -> list[Any]:
        """The leaves of all instances in tree order, one instance after another."""
        return list(chain.from_iterable(map(self._flatten, instances)))

    def _columns(self, values: list[Any] | FloatArray) -> Columns:
        """The columns of these leaves, which are in tree order; changes `values`."""
        width = len(self._order)
        if not isinstance(values, list):
            return Columns(values if self._in_order else values.take(self._order, axis=1))
        if not self._textual and self._in_order:
            return Columns(self._numbers(values).reshape(-1, width))
        unseen: dict[tuple[int, int], str] = {}
        texts: dict[int, Sequence[str | None]] = {}
        for place, codes in self._textual.items():
            here = slice(self._order[place], None, width)
            column = values[here]
            if codes is None:
                texts[place], values[here] = column, [np.nan] * len(column)
            else:
                values[here], new = encode(column, codes)
                unseen.update({(row, place): text for row, text in new.items()})
        matrix = self._numbers(values).reshape(-1, width)
        # In row-major order: the bits of NumPy's product of a row depend on the strides.
        return Columns(matrix if self._in_order else matrix.take(self._order, axis=1), unseen, texts)

    def _numbers(self, values: list[Any]) -> FloatArray:
        """The values as doubles, None as NaN; may change `values`. Without any None, the usual case, packing takes a
        fifth of the time."""
        try:
            return _packed(values)
        except struct.error:
            if len(values) < MANY:
                return np.array(values, dtype=np.float64)
        for place in self._nullable:  # Of 13,000 values, 4,000 of which may be null, 0.3 ms instead of 0.4.
            here = slice(place, None, len(self._order))
            values[here] = [math.nan if value is None else value for value in values[here]]
        with suppress(struct.error):
            return _packed(values)
        return np.array(values, dtype=np.float64)


def _packed(values: Sequence[Any]) -> FloatArray:
    """These numbers as doubles; raises `struct.error` where one of them is None."""
    buffer = bytearray(8 * len(values))  # An array over bytes would be read-only.
    struct.pack_into(f"{len(values)}d", buffer, 0, *values)
    return np.frombuffer(buffer)


def _acceptor(signature: Signature, max_batch: int, out_of_range: OutOfRange) -> Acceptor | JsonReader:
    if out_of_range == "warn":
        with suppress(Unsuited):
            return Acceptor(signature, max_batch)
    return JsonReader(signature, max_batch, out_of_range)


def _key_count(signature: Signature) -> int:
    """The number of keys in an instance with every feature, those of the groups included."""

    def count(tree: FeatureTree) -> int:
        own = 0 if is_array(tree) else len(tree)
        return own + sum(count(child) for child in tree.values() if not isinstance(child, Feature))

    return count(signature.tree())
