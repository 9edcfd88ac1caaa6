"""Tensors as native instances, for the rules and the sentences of the native JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import isfinite, isnan
from typing import Any

from twinserve.service.http.problem import invalid_input
from twinserve.service.protocols.v2.datatypes import Kind
from twinserve.service.protocols.v2.tensors import Given, Tensor
from twinserve.service.protocols.validation import validator_of
from twinserve.service.settings import Settings
from twinserve.signature import Feature, Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.python_values import TOO_LARGE
from twinserve.signature.request.validator import Batch, Validator
from twinserve.signature.signature import FeatureTree, is_array


class Rows:
    """Validates tensors row by row, as instances; made once from a signature."""

    def __init__(self, signature: Signature, settings: Settings) -> None:
        self._signature, self._settings = signature, settings

    @cached_property
    def _validator(self) -> Validator:
        """Made when it is first needed: the rules of one version take memory."""
        return validator_of(self._signature, self._settings)

    def validated(self, tensors: Sequence[Given], rows: int) -> Batch:
        """The columns of these tensors, of `rows` rows each; raises `Problem` (422), which lists every error."""
        values = {place: _values(tensor, column) for tensor, places in tensors for column, place in enumerate(places)}
        places = {feature.path: place for place, feature in enumerate(self._signature.features)}
        build = _builder(self._signature.tree(), lambda feature: values.get(places[feature.path]))
        try:
            return self._validator.validate_value([build(row) for row in range(rows)])
        except InvalidInput as error:
            raise invalid_input(error) from None


def _values(tensor: Tensor, column: int) -> Sequence[Any]:
    """The values of one column as JSON has them."""
    if tensor.numbers is None:
        return tensor.texts[column :: tensor.columns]
    numbers = tensor.numbers[:, column].tolist()
    if tensor.kind is Kind.BOOLEAN:
        return [None if isnan(number) else bool(number) for number in numbers]
    return [_value(number) for number in numbers]


def _value(number: float) -> float | int | None:
    """NaN is null. JSON has no infinity, but integers that no double can hold."""
    if isfinite(number):
        return number
    return None if isnan(number) else TOO_LARGE if number > 0 else -TOO_LARGE


def _builder(node: FeatureTree | Feature, column: Callable[[Feature], Sequence[Any] | None]) -> Callable[[int], Any]:
    """A function that makes the part of an instance below this node, for a row."""
    if isinstance(node, Feature):
        values = column(node)
        return lambda row: None if values is None else values[row]
    children = {part: _builder(child, column) for part, child in node.items()}
    if is_array(node):
        return lambda row: [build(row) for build in children.values()]
    return lambda row: {part: build(row) for part, build in children.items()}
