"""Validation by Pydantic straight from JSON, for signatures that msgspec might read differently.

Like `Acceptor` it accepts a body or leaves it to a closer look, and rejects none. It does not list errors: Pydantic
would copy the instance for each field missing in it, which for 50 kB and 500 fields took 0.4 s and 360 MB.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from twinserve.signature.request.core_schema import schema
from twinserve.signature.request.flatten import flattener
from twinserve.signature.signature import Feature, FeatureTree, OutOfRange, Signature, is_array


class JsonReader:
    """Compiled once from a signature; safe to share between threads."""

    def __init__(self, signature: Signature, max_batch: int, out_of_range: OutOfRange) -> None:
        instance = schema(signature.tree(), reject=out_of_range == "reject", lenient=True)
        self._one = SchemaValidator(_or_none(instance))
        self._many = SchemaValidator(_or_none(cs.list_schema(instance, max_length=max_batch, fail_fast=True)))
        self._flatten = flattener(_complete(signature).tree())
        self._objects = _object_count(signature.tree())

    def accept(self, body: bytes, *, array: bool, colons: int, keys: int) -> list[Any] | None:
        """The values of all instances in tree order, one instance after another; None leaves the body to a closer look.

        `colons`: the number in the body; `keys`: the number of keys in an instance with every field."""
        if colons * self._objects != body.count(b"{") * keys:
            return None
        try:
            value = (self._many if array else self._one).validate_json(body)
            instances: list[Any] | None = value if array or value is None else [value]
            # A colon follows each key, and every key is there, so with no more colons there is no other key.
            if not instances or colons != keys * len(instances):
                return None
            return list(chain.from_iterable(map(self._flatten, instances)))
        except (KeyError, ValidationError):  # ValidationError: it is not JSON.
            return None


def _or_none(rules: cs.CoreSchema) -> cs.CoreSchema:
    return cs.with_default_schema(rules, default=None, on_error="default")


def _complete(signature: Signature) -> Signature:
    """The same signature with every field required."""
    features = tuple(feature.model_copy(update={"required": True}) for feature in signature.features)
    return signature.model_copy(update={"features": features})


def _object_count(tree: FeatureTree) -> int:
    """The number of objects in an instance, itself included."""
    below = (_object_count(child) for child in tree.values() if not isinstance(child, Feature))
    return (not is_array(tree)) + sum(below)
