"""The constraints of one field of a Pydantic class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn

import annotated_types as at
from pydantic import ValidationError

from twinserve.errors import UnsupportedInput
from twinserve.signature.signature import Constraints, FeatureType, Path, pointer

# An annotation, its attribute with the value, and the name in `Constraints`.
BOUNDS: Final[tuple[tuple[type, str, str], ...]] = (
    (at.Ge, "ge", "minimum"),
    (at.Gt, "gt", "exclusive_minimum"),
    (at.Le, "le", "maximum"),
    (at.Lt, "lt", "exclusive_maximum"),
    (at.MultipleOf, "multiple_of", "multiple_of"),
    (at.MinLen, "min_length", "min_length"),
    (at.MaxLen, "max_length", "max_length"),
)
# Chooses the narrower of two bounds.
NARROWER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "minimum": max,
    "exclusive_minimum": max,
    "maximum": min,
    "exclusive_maximum": min,
    "min_length": max,
    "max_length": min,
}
_BOUNDS: Final = frozenset({"minimum", "exclusive_minimum", "maximum", "exclusive_maximum", "multiple_of"})
ALLOWED: Final[Mapping[FeatureType, frozenset[str]]] = {
    FeatureType.NUMBER: _BOUNDS,
    FeatureType.INTEGER: _BOUNDS,
    FeatureType.STRING: frozenset({"min_length", "max_length", "pattern"}),
}
HARMLESS: Final = frozenset({"strict", "allow_inf_nan"})  # The service is strict and finite in any case.


def refuse(path: Path, reason: str) -> NoReturn:
    """Raise `UnsupportedInput` with the JSON Pointer of the field and the reason."""
    raise UnsupportedInput(f"{pointer(path) or '/'}: {reason}.")


def constraints_of(metadata: list[Any], leaf_type: FeatureType, path: Path) -> Constraints:
    """The constraints in the metadata of a leaf; raises `UnsupportedInput` for others than its type can have."""
    constraints = declared(metadata, path)
    misplaced = sorted(constraints.keys() - ALLOWED.get(leaf_type, frozenset()))
    if misplaced:
        refuse(path, f"declares {misplaced[0]} on a {leaf_type}, which is not supported")
    try:
        return Constraints.model_validate(constraints)
    except ValidationError as error:
        refuse(path, f"declares a {error.errors()[0]['loc'][0]} that is not a plain value of its kind")


def declared(metadata: list[Any], path: Path) -> dict[str, Any]:
    """All constraints by their names in `Constraints`; raises `UnsupportedInput` for any other metadata."""
    constraints: dict[str, Any] = {}
    for item in _flat(metadata):
        known = {name: getattr(item, attribute) for kind, attribute, name in BOUNDS if isinstance(item, kind)}
        # Pydantic's general metadata has constraints as attributes; other metadata may have no `__dict__`.
        general = {key: value for key, value in getattr(item, "__dict__", {}).items() if value is not None}
        if not known and not (general and set(general) <= HARMLESS | {"pattern"}):
            refuse(path, f"carries {type(item).__name__}, which no JSON Schema could publish")
        for name, value in (known or general).items():
            if name not in HARMLESS:
                constraints[name] = _narrower(name, constraints[name], value, path) if name in constraints else value
    return constraints


def _narrower(name: str, one: Any, other: Any, path: Path) -> Any:
    """The one of two constraints of a kind that implies the other."""
    if one != other and name not in NARROWER:
        refuse(path, f"declares {name} twice; write one")
    return NARROWER.get(name, max)(one, other)


def _flat(metadata: list[Any]) -> Iterator[Any]:
    """The single constraints: an `Interval` or a `Len` consists of several."""
    for item in metadata:
        yield from item if isinstance(item, at.GroupedMetadata) else (item,)
