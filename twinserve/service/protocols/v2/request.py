"""A request for inference: its JSON, and the binary data behind that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from twinserve.service.http.parameters import COVERAGE, Unfit
from twinserve.service.http.query import invalid_parameters
from twinserve.service.protocols.json_bodies import bad, flag, read_json
from twinserve.signature.request.counting import count
from twinserve.signature.request.negative_zero import with_signs
from twinserve.signature.request.nesting import is_deeper

LENGTH: Final = re.compile(r"[0-9]{1,15}\Z")
UNSPOKEN: Final = ("shared_memory_region", "classification")
"""Parameters of tensors that belong to extensions which this service does not speak."""


class Input(msgspec.Struct):
    """One input as its JSON has it."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: Any = msgspec.UNSET


class Wanted(msgspec.Struct):
    """One output that is asked for."""

    name: str
    parameters: dict[str, Any] | None = None


class Json(msgspec.Struct):
    """The JSON of a request. What else it has is ignored, as the protocol may grow."""

    inputs: list[Input]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[Wanted] | None = None


@dataclass(frozen=True)
class Request:
    """A request whose form is right; what its inputs hold has not been looked at."""

    inputs: Sequence[Input]
    binaries: Mapping[int, memoryview]
    """The binary data of inputs, by their place."""
    binary: memoryview
    """All of them, one behind another."""
    wanted: Sequence[Wanted]
    """The outputs in the order in which they are asked for; none: all that there are by default."""
    id: str | None
    is_binary: bool
    """Are outputs binary that do not say so themselves?"""
    coverage: float | None
    label: str | None
    """The class to explain; None: each row's own label."""

    def is_in_binary(self, wanted: Wanted) -> bool:
        """Is this output to be binary?"""
        return flag(wanted.parameters, "binary_data", default=self.is_binary)


def read_request(body: bytes, header_length: str | None, max_depth: int) -> Request:
    """Read a body that is not compressed; raises `Problem` (400).

    `header_length`: how many bytes of it are JSON, as the header `Inference-Header-Content-Length` says."""
    if header_length is None:
        text, rest = body, memoryview(b"")
    else:
        if not LENGTH.match(header_length) or int(header_length) > len(body):
            raise bad("Inference-Header-Content-Length must be the length of the JSON, within that of the body.")
        text, rest = body[: int(header_length)], memoryview(body)[int(header_length) :]
    try:
        json = msgspec.convert(_plain(with_signs(text), max_depth) or read_json(text, max_depth), Json)
    except msgspec.ValidationError as error:  # Its text names types and the protocol's own members.
        raise bad(f"This is no request for inference: {error}.") from None
    parameters = json.parameters
    for tensor in (*json.inputs, *(json.outputs or ())):
        given = tensor.parameters or {}
        if not given.keys().isdisjoint(UNSPOKEN) and any(given.get(name) for name in UNSPOKEN):
            raise bad(f"The parameters {' and '.join(UNSPOKEN)} belong to extensions that this service does not have.")
    return Request(
        json.inputs,
        _binaries(json.inputs, rest),
        rest,
        json.outputs or (),
        json.id,
        flag(parameters, "binary_data_output", default=False),
        _coverage(parameters),
        _label(parameters),
    )


def _plain(text: bytes, max_depth: int) -> Any:
    """A document that msgspec reads and that has no more colons than a request has keys, so that no key is there twice;
    None leaves it to a closer look. Of 30,000 numbers that takes seven times as long."""
    try:
        value = None if is_deeper(text, max_depth) else msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    return value if type(value) is dict and count(text, b":") == _keys(value) else None


def _keys(request: Mapping[str, Any]) -> int:
    """The number of keys of a request, without what only other documents have."""
    members = [request]
    for name in ("inputs", "outputs"):
        listed = request.get(name)
        members += [item for item in listed if type(item) is dict] if type(listed) is list else []
    below = [found for item in members if type(found := item.get("parameters")) is dict]
    return sum(map(len, members)) + sum(map(len, below))


def _binaries(inputs: Sequence[Input], rest: memoryview) -> Mapping[int, memoryview]:
    """The binary data of the inputs that say how much they have, one after another."""
    found: dict[int, memoryview] = {}
    start = 0
    for place, tensor in enumerate(inputs):
        size = None if tensor.parameters is None else tensor.parameters.get("binary_data_size")
        if size is None:
            if tensor.data is msgspec.UNSET:
                raise bad(f"/inputs/{place}: Must have data, or the parameter binary_data_size.")
            continue
        if type(size) is not int or not 0 <= size <= len(rest) - start:
            raise bad(f"/inputs/{place}/parameters/binary_data_size: Must be the bytes of this input behind the JSON.")
        if tensor.data is not msgspec.UNSET:
            raise bad(f"/inputs/{place}: Must have either data or binary data.")
        found[place] = rest[start : start + size]
        start += size
    if start != len(rest):
        raise bad("The body must end with the binary data of its last input.")
    return found


def _coverage(parameters: Mapping[str, Any] | None) -> float | None:
    value = None if parameters is None else parameters.get("coverage")
    if value is None:
        return None
    try:
        coverage: float = COVERAGE.read(repr(value) if type(value) in (int, float) else "")
    except Unfit as error:
        raise invalid_parameters([{"parameter": "coverage", "code": error.code, "detail": str(error)}]) from None
    return coverage


def _label(parameters: Mapping[str, Any] | None) -> str | None:
    value = None if parameters is None else parameters.get("class")
    if value is not None and type(value) is not str:
        raise invalid_parameters([{"parameter": "class", "code": "type", "detail": "Must be a string."}])
    return value
