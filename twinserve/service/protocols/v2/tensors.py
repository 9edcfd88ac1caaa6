"""The data of one input, as numbers or texts."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import chain
from math import inf
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from twinserve.arrays import FloatArray
from twinserve.service.protocols.json_bodies import bad
from twinserve.service.protocols.v2.datatypes import BYTES, DATATYPES, LAYOUTS, Kind, Layout, kind_of
from twinserve.service.protocols.v2.request import Input

NUMBERS: Final = frozenset((int, float, type(None)))
TYPES: Final = {
    Kind.BOOLEAN: frozenset((bool, type(None))),
    Kind.INTEGER: NUMBERS,
    Kind.FLOAT: NUMBERS,
    Kind.TEXT: frozenset((str, type(None))),
}
"""The types of the elements in JSON; null is a missing one."""
JSON_TEXTS: Final = "pd_json"
"""MLServer's name for strings each of which is JSON, as it sends a column of strings of which some are missing."""
TEXT: Final = msgspec.json.Decoder(str | None)
SIZE: Final = struct.Struct("<I")


class Tensor(NamedTuple):
    """An input with n rows and k columns."""

    name: str
    kind: Kind
    rows: int
    columns: int
    numbers: FloatArray | None = None
    """`[n, k]`, booleans as 0 and 1; NaN for a missing one. None for texts. It may be a part of the body."""
    texts: Sequence[str | None] = ()
    """`[n * k]`, row by row."""


class Given(NamedTuple):
    """A tensor, and the fields whose values it holds."""

    tensor: Tensor
    places: Sequence[int]
    """The field of each of its columns, by their place in the signature."""


def read_tensor(place: int, tensor: Input, binary: memoryview | None) -> Tensor:
    """One input; `binary` is its binary data, if it has some. Raises `Problem` (400)."""
    here = f"/inputs/{place}"
    if tensor.datatype not in DATATYPES:
        raise bad(f"{here}/datatype: Must be one of {', '.join(DATATYPES)}.")
    kind, shape = kind_of(tensor.datatype), tensor.shape
    if not 1 <= len(shape) <= 2 or shape[0] < 0 or shape[-1] < len(shape) - 1:
        raise bad(f"{here}/shape: Must be [rows] or [rows, columns].")
    rows, columns = shape[0], shape[1] if len(shape) == 2 else 1
    count = rows * columns
    if kind is Kind.TEXT:
        texts = _listed(here, tensor) if binary is None else _binary_texts(here, binary, count)
        _require_types(here, texts, kind)
        if tensor.parameters and tensor.parameters.get("content_type") == JSON_TEXTS:
            texts = _decoded(here, texts)
        return Tensor(tensor.name, kind, rows, columns, None, texts)
    layout = LAYOUTS[tensor.datatype]
    if binary is None:
        numbers = _numbers(here, _listed(here, tensor), kind, layout)
    else:
        numbers = _binary_numbers(here, binary, kind, layout, count)
    return Tensor(tensor.name, kind, rows, columns, numbers.reshape(rows, columns))


def _listed(here: str, tensor: Input) -> list[Any]:
    """The elements of JSON, row by row, be they nested or not."""
    items, shape = tensor.data, tensor.shape
    if type(items) is list and items and type(items[0]) is list:
        if len(shape) != 2 or len(items) != shape[0] or not all(type(i) is list and len(i) == shape[1] for i in items):
            raise bad(f"{here}/data: Must hold what its shape says.")
        items = list(chain.from_iterable(items))
    if type(items) is not list or len(items) != shape[0] * (shape[1] if len(shape) == 2 else 1):
        raise bad(f"{here}/data: Must hold what its shape says.")
    return items


def _require_types(here: str, items: Sequence[Any], kind: Kind) -> None:
    if not TYPES[kind].issuperset(map(type, items)):
        raise bad(f"{here}/data: Must hold {kind.value} for this datatype, or null.")


def _decoded(here: str, texts: Sequence[str | None]) -> list[str | None]:
    try:
        return [None if text is None else TEXT.decode(text) for text in texts]
    except msgspec.MsgspecError:
        raise bad(f"{here}/data: Must hold strings, or null, each of them as JSON.") from None


def _numbers(here: str, items: Sequence[Any], kind: Kind, layout: Layout) -> FloatArray:
    numbers = _doubles(items)
    if numbers is None or kind is Kind.BOOLEAN:
        _require_types(here, items, kind)
    else:  # As a double, true is 1. Looking at every type takes as long as all of the rest.
        suspects = np.flatnonzero((numbers == 0.0) | (numbers == 1.0)).tolist()
        _require_types(here, [items[place] for place in suspects], kind)
    if numbers is None:
        numbers = np.array([_as_double(item) for item in items], dtype=np.float64)
    if kind is Kind.BOOLEAN or layout == np.float64:
        return numbers
    with np.errstate(over="ignore", invalid="ignore"):
        if kind is Kind.FLOAT:
            rounded = numbers.astype(layout).astype(np.float64)
            fits = np.isinf(rounded) == np.isinf(numbers)
            numbers = rounded
        else:
            limits = np.iinfo(layout)
            fits = (numbers == np.floor(numbers)) & (numbers >= limits.min) & (numbers <= limits.max)
            fits |= np.isnan(numbers)
    if not fits.all():
        raise bad(f"{here}/data: Must hold {kind.value} that fit its datatype.")
    return numbers


def _doubles(items: Sequence[Any]) -> FloatArray | None:
    """Numbers as doubles; None where something is no number, or too large."""
    try:
        struct.pack_into(f"{len(items)}d", buffer := bytearray(8 * len(items)), 0, *items)
        return np.frombuffer(buffer)
    except (struct.error, OverflowError):
        return None


def _as_double(item: Any) -> float:
    try:
        return np.nan if item is None else float(item)
    except OverflowError:
        return inf if item > 0 else -inf


def _binary_numbers(here: str, binary: memoryview, kind: Kind, layout: Layout, count: int) -> FloatArray:
    if len(binary) != count * layout.itemsize:
        raise bad(f"{here}: Its binary data must be as long as shape and datatype say.")
    numbers = np.frombuffer(binary, dtype=layout)
    if kind is Kind.BOOLEAN and (numbers > 1).any():
        raise bad(f"{here}: A BOOL must be one byte, 0 or 1.")
    return numbers.astype(np.float64, copy=False)


def _binary_texts(here: str, binary: memoryview, count: int) -> list[str | None]:
    texts: list[str | None] = []
    position, end = 0, len(binary)
    try:
        while position < end and len(texts) < count:
            (size,) = SIZE.unpack_from(binary, position)
            position += SIZE.size + size
            texts.append(str(binary[position - size : position], "utf-8"))
    except (struct.error, UnicodeDecodeError):
        raise bad(f"{here}: Each {BYTES} must be its length in four bytes and as many bytes of UTF-8.") from None
    if len(texts) != count or position != end:
        raise bad(f"{here}: Its binary data must be as long as shape and datatype say.")
    return texts
