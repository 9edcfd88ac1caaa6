"""A fast way in for the ordinary body. It says yes or "ask Pydantic", never no.

What it accepts is what Pydantic accepts, with the same values: strict JSON, every field there, no other key, no key
twice. Whatever is odd in any way, be it valid or not, is left to Pydantic and to its errors; so are whole signatures
that hold what the two libraries could read in two ways. 1,000 instances of 30 numbers take a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from model.signature.feature import Feature, FeatureType, Signature, Tree, is_array

Read = Callable[[Iterable[Any]], list[Any]]


class Unsuited(Exception):
    """This signature is for Pydantic alone."""


class Acceptor:
    """Compiled once from a signature; safe to share between threads."""

    def __init__(self, signature: Signature, max_batch: int) -> None:
        """Raises `Unsuited`."""
        tree = signature.tree()
        try:
            instance = _struct(tree)
        except (TypeError, ValueError) as error:  # A key that msgspec cannot name, bounds that it cannot combine.
            raise Unsuited from error
        self._one = msgspec.json.Decoder(instance)
        self._many = msgspec.json.Decoder(list[instance])  # type: ignore[valid-type]  # Made just now.
        self._read = _reader(tree)
        self._max_batch = max_batch

    def accept(self, body: bytes, *, array: bool, colons: int, keys: int) -> list[Any] | None:
        """The values of all instances in tree order, one instance behind the other; None: ask Pydantic.

        `colons` is how many the body holds, `keys` how many an instance does when every feature is there."""
        number, odd = divmod(colons, keys)
        if odd or not 1 <= number <= self._max_batch:
            return None
        try:
            instances = self._many.decode(body) if array else (self._one.decode(body),)
        except (msgspec.MsgspecError, ValueError):  # The latter where it is not UTF-8.
            return None
        # Every key of every instance is there, and followed by a colon: with as many colons none is there twice.
        return self._read(instances) if len(instances) == number else None


def _struct(tree: Tree) -> Any:
    """A type for a group of features; its fields are named by their places, and called as they are in JSON."""
    if is_array(tree) or any(":" in str(key) for key in tree):
        raise Unsuited
    names = {f"f{place}": str(key) for place, key in enumerate(tree)}
    fields = [(name, _type(child)) for name, child in zip(names, tree.values(), strict=True)]
    return msgspec.defstruct("Group", fields, rename=names, forbid_unknown_fields=True, gc=False)


def _type(node: Tree | Feature) -> Any:
    if not isinstance(node, Feature):
        return _struct(node)
    if node.type not in TYPES:
        raise Unsuited
    found = TYPES[node.type](node)
    return found | None if node.nullable else found


def _number(feature: Feature) -> Any:
    limits = feature.constraints
    if limits.multiple_of is not None or limits.enumeration:
        raise Unsuited
    bounds: dict[str, Any] = {
        "ge": limits.minimum,
        "gt": limits.exclusive_minimum,
        "le": limits.maximum,
        "lt": limits.exclusive_maximum,
        "multiple_of": 1 if feature.type is FeatureType.INTEGER else None,
    }
    return Annotated[float, Meta(**bounds)]


def _boolean(_: Feature) -> Any:
    return bool


def _text(feature: Feature) -> Any:
    limits = feature.constraints
    if limits.pattern is not None:
        raise Unsuited
    if limits.enumeration:
        return Literal[tuple(limits.enumeration)]
    return Annotated[str, Meta(min_length=limits.min_length, max_length=limits.max_length)]


TYPES: Final[dict[FeatureType, Callable[[Feature], Any]]] = {
    FeatureType.NUMBER: _number,
    FeatureType.INTEGER: _number,
    FeatureType.BOOLEAN: _boolean,
    FeatureType.CATEGORY: _text,
    FeatureType.STRING: _text,
}
"""What both libraries read alike. A date would have to be read here, too; a time holds colons."""


def _reader(tree: Tree) -> Read:
    """Gives the values of all instances. Where all leaves are as deep, the groups are opened level by level, which
    takes a third of the time of asking for each leaf."""
    depths = {len(path) for path in _paths(tree)}
    if len(depths) > 1:
        get = attrgetter(*(".".join(path) for path in _paths(tree)))
        return lambda instances: list(chain.from_iterable(map(get, instances)))
    (depth,) = depths

    def read(instances: Iterable[Any]) -> list[Any]:
        for _ in range(depth):
            instances = chain.from_iterable(map(msgspec.structs.astuple, instances))
        return list(instances)

    return read


def _paths(tree: Tree) -> Iterable[tuple[str, ...]]:
    for place, child in enumerate(tree.values()):
        below = [()] if isinstance(child, Feature) else _paths(child)
        yield from ((f"f{place}", *rest) for rest in below)
