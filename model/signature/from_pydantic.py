"""Read a signature from a Pydantic class.

What a signature cannot carry is refused with the field's path and the reason, never dropped: a constraint
that the author wrote and the service forgot would be worse than no constraint.
"""

from __future__ import annotations

import datetime
import enum
import types
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from model.errors import UnsupportedInput
from model.signature.feature import Constraints, Feature, FeatureType, Path, Signature, pointer

LEAF_TYPES: Final[Mapping[type, FeatureType]] = {
    float: FeatureType.NUMBER,
    int: FeatureType.INTEGER,
    bool: FeatureType.BOOLEAN,
    str: FeatureType.STRING,
    datetime.date: FeatureType.DATE,
    datetime.datetime: FeatureType.DATETIME,
}
NUMERIC: Final = (FeatureType.NUMBER, FeatureType.INTEGER)

# A Pydantic constraint, the attribute that holds its value, and our name for it.
BOUNDS: Final[tuple[tuple[type, str, str], ...]] = (
    (at.Ge, "ge", "minimum"),
    (at.Gt, "gt", "exclusive_minimum"),
    (at.Le, "le", "maximum"),
    (at.Lt, "lt", "exclusive_maximum"),
    (at.MultipleOf, "multiple_of", "multiple_of"),
    (at.MinLen, "min_length", "min_length"),
    (at.MaxLen, "max_length", "max_length"),
)
HARMLESS: Final = frozenset({"strict", "allow_inf_nan"})  # The service is strict and finite in any case.


def read(model: type[BaseModel]) -> Signature:
    """The signature of a Pydantic class; raises `UnsupportedInput` for what cannot be carried."""
    features: list[Feature] = []
    descriptions: dict[str, str] = {}
    for item in _walk(model, ()):
        if isinstance(item, Feature):
            features.append(item)
        else:
            descriptions.setdefault(*item)  # What a field says of its group goes before the class's docstring.
    if not features:
        raise UnsupportedInput(f"{model.__name__} has no fields; a model needs at least one feature.")
    return Signature(features=tuple(features), descriptions=descriptions)


def _walk(model: type[BaseModel], path: Path) -> Iterator[Feature | tuple[str, str]]:
    _refuse_custom_logic(model, path)
    if model.__doc__ and model.__doc__ != BaseModel.__doc__:
        yield pointer(path), " ".join(model.__doc__.split())
    for name, field in model.model_fields.items():
        here = (*path, _key(name, field, path))
        kind, nullable = _without_none(field.annotation, here)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if nullable or not field.is_required():
                _refuse(here, "a group of fields may not be optional; make its fields optional instead")
            if field.description:
                yield pointer(here), field.description
            yield from _walk(kind, here)
        elif get_origin(kind) in (list, tuple):
            yield from _places(kind, field, nullable=nullable, path=here)
        else:
            yield _leaf(kind, field, list(field.metadata), nullable=nullable, path=here)


def _refuse(path: Path, reason: str) -> None:
    raise UnsupportedInput(f"{pointer(path) or '/'}: {reason}.")


def _refuse_custom_logic(model: type[BaseModel], path: Path) -> None:
    decorators = model.__pydantic_decorators__
    if decorators.field_validators or decorators.model_validators or decorators.root_validators:
        _refuse(path, f"{model.__name__} has validators of its own, which no JSON Schema could publish")
    if model.model_config.get("extra") == "allow":
        _refuse(path, f"{model.__name__} allows extra fields, which no model would use")
    if model.__pydantic_root_model__:
        _refuse(path, f"{model.__name__} is a root model; write the fields out")


def _key(name: str, field: FieldInfo, path: Path) -> str:
    alias = field.validation_alias or field.alias
    if alias is not None and not isinstance(alias, str):
        _refuse((*path, name), "has several aliases; an input contract knows one name for a field")
    key = name if alias is None else str(alias)
    if field.default_factory is not None or not (field.is_required() or field.default is None):
        _refuse((*path, key), "has a default; use `None` with an optional type, or require the field")
    return key


def _without_none(annotation: Any, path: Path) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    members = [member for member in get_args(annotation) if member is not type(None)]
    if len(members) != 1:
        _refuse(path, "is a union; a feature has one type")
    return members[0], len(members) < len(get_args(annotation))


def _places(kind: Any, field: FieldInfo, *, nullable: bool, path: Path) -> Iterator[Feature]:
    """A fixed-length list of numbers: one feature for each place."""
    items, constraints = get_args(kind), _constraints(field.metadata, path)
    length = len(items) if get_origin(kind) is tuple and Ellipsis not in items else constraints.max_length
    if length is None or (get_origin(kind) is list and constraints.min_length != length):
        _refuse(path, "is a list of no fixed length; set min_length and max_length to the same number")
    if nullable or not field.is_required():
        _refuse(path, "a list may not be optional; make its items optional instead")
    for place in range(length or 0):
        item = items[place] if get_origin(kind) is tuple and Ellipsis not in items else items[0]
        inner, item_nullable = _without_none(_bare(item), (*path, place))
        leaf = _leaf(inner, field, list(_metadata(item)), nullable=item_nullable, path=(*path, place))
        if leaf.type not in NUMERIC:
            _refuse(path, "is a list of something else than numbers")
        yield leaf.model_copy(update={"required": True, "example": None})


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _metadata(annotation: Any) -> Iterator[Any]:
    for item in getattr(annotation, "__metadata__", ()):
        yield from item.metadata if isinstance(item, FieldInfo) else (item,)


def _leaf(kind: Any, field: FieldInfo, metadata: list[Any], *, nullable: bool, path: Path) -> Feature:
    metadata += _metadata(kind)
    leaf_type, enumeration = _leaf_type(_bare(kind), path)
    constraints = _constraints(metadata, path).model_copy(update={"enumeration": enumeration})
    _refuse_misplaced(leaf_type, constraints, path)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    example = field.examples[0] if field.examples else None
    return Feature(
        path=path,
        type=leaf_type,
        nullable=nullable,
        required=field.is_required(),
        unit=str(extra["unit"]) if "unit" in extra else None,
        description=field.description,
        example=example.isoformat() if isinstance(example, datetime.date) else example,
        constraints=constraints,
    )


def _leaf_type(kind: Any, path: Path) -> tuple[FeatureType, tuple[Any, ...] | None]:
    values: tuple[Any, ...] = ()
    if get_origin(kind) is Literal:
        values = get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        values = tuple(member.value for member in kind)
    if values and all(isinstance(value, str) for value in values):
        return FeatureType.CATEGORY, values
    if values and all(type(value) is int for value in values):
        return FeatureType.INTEGER, values
    if values:
        _refuse(path, "enumerates values that are neither all strings nor all integers")
    if kind not in LEAF_TYPES:
        _refuse(path, f"has the type {getattr(kind, '__name__', kind)}, which a feature cannot have")
    return LEAF_TYPES[kind], None


def _constraints(metadata: list[Any], path: Path) -> Constraints:
    found: dict[str, Any] = {}
    for item in _flat(metadata):
        known = [(ours, getattr(item, theirs)) for kind, theirs, ours in BOUNDS if isinstance(item, kind)]
        general = {key: value for key, value in vars(item).items() if value is not None} if not known else {}
        if known:
            found.update(known)
        elif general and set(general) <= HARMLESS | {"pattern"}:
            found.update({"pattern": general["pattern"]} if "pattern" in general else {})
        else:
            _refuse(path, f"carries {type(item).__name__}, which no JSON Schema could publish")
    return Constraints.model_validate(found)


def _flat(metadata: list[Any]) -> Iterator[Any]:
    """The constraints one by one: an `Interval` or a `Len` holds several."""
    for item in metadata:
        yield from item if isinstance(item, at.GroupedMetadata) else (item,)


def _refuse_misplaced(leaf_type: FeatureType, constraints: Constraints, path: Path) -> None:
    """Refuse what no validator of ours would look at, such as bounds on a date."""
    given = {name for name, value in constraints if value is not None} - {"enumeration"}
    allowed = {FeatureType.STRING: {"min_length", "max_length", "pattern"}}
    numeric = {"minimum", "exclusive_minimum", "maximum", "exclusive_maximum", "multiple_of"}
    misplaced = given - (numeric if leaf_type in NUMERIC else allowed.get(leaf_type, set()))
    if misplaced:
        _refuse(path, f"declares {sorted(misplaced)[0]} on a {leaf_type}, which is not supported")
