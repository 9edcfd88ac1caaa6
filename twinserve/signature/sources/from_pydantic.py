"""Read a signature from a Pydantic class.

Whatever a signature cannot express is refused with the field's path and the reason, never dropped: a constraint that
the service ignored would mislead its author.
"""

from __future__ import annotations

import datetime
import enum
import types
from collections.abc import Iterator, Mapping
from typing import Any, Final, ForwardRef, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from twinserve.errors import UnsupportedInput
from twinserve.signature.signature import NUMERIC, Feature, FeatureType, Path, Signature, pointer
from twinserve.signature.sources.category import OpenVocabulary
from twinserve.signature.sources.pydantic_constraints import constraints_of, declared, refuse

LEAF_TYPES: Final[Mapping[type, FeatureType]] = {
    float: FeatureType.NUMBER,
    int: FeatureType.INTEGER,
    bool: FeatureType.BOOLEAN,
    str: FeatureType.STRING,
    datetime.date: FeatureType.DATE,
    datetime.datetime: FeatureType.DATETIME,
}

# Settings of a Pydantic class that change or limit values; a signature cannot express them.
CONFIGURED: Final = (
    "coerce_numbers_to_str",
    "str_max_length",
    "str_min_length",
    "str_strip_whitespace",
    "str_to_lower",
    "str_to_upper",
)


def from_pydantic(model: type[BaseModel]) -> Signature:
    """The signature of a Pydantic class; raises `UnsupportedInput` for what a signature cannot express."""
    features: list[Feature] = []
    descriptions: dict[str, str] = {}
    for item in _walk(model, ()):
        if isinstance(item, Feature):
            features.append(item)
        else:
            descriptions.setdefault(*item)  # A field's description of its group precedes the class's docstring.
    if not features:
        raise UnsupportedInput(f"{model.__name__} has no fields; a model needs at least one feature.")
    return Signature(features=tuple(features), descriptions=descriptions)


def _walk(
    model: type[BaseModel], path: Path, above: tuple[type[BaseModel], ...] = ()
) -> Iterator[Feature | tuple[str, str]]:
    _refuse_custom_logic(model, path)
    if model in above:
        refuse(path, f"{model.__name__} lies within itself")
    if path and not model.model_fields:
        refuse(path, f"{model.__name__} has no fields; leave it out")
    if model.__doc__ and model.__doc__ != BaseModel.__doc__:
        yield pointer(path), " ".join(model.__doc__.split())
    for name, field in model.model_fields.items():
        here = (*path, _key(name, field, path))
        kind, nullable = _without_none(field.annotation, here)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if nullable or not field.is_required():
                refuse(here, "a group of fields may not be optional; make its fields optional instead")
            if field.metadata:
                refuse(here, f"carries {type(field.metadata[0]).__name__}, which a group of fields cannot have")
            if field.description:
                yield pointer(here), field.description
            yield from _walk(kind, here, (*above, model))
        elif get_origin(kind) in (list, tuple):
            yield from _places(kind, field, nullable=nullable, path=here)
        else:
            yield _leaf(kind, field, list(field.metadata), nullable=nullable, path=here)


def _refuse_custom_logic(model: type[BaseModel], path: Path) -> None:
    decorators = model.__pydantic_decorators__
    checks = (decorators.field_validators, decorators.model_validators, decorators.root_validators)
    if any(checks) or decorators.validators or _has_post_init(model):
        refuse(path, f"{model.__name__} has validators of its own, which no JSON Schema could publish")
    if model.model_config.get("extra") == "allow":
        refuse(path, f"{model.__name__} allows extra fields, which no model would use")
    if model.__pydantic_root_model__:
        refuse(path, f"{model.__name__} is a root model; write the fields out")
    for setting in CONFIGURED:
        if model.model_config.get(setting):
            refuse(path, f"{model.__name__} sets {setting}, which no JSON Schema could publish")


def _has_post_init(model: type[BaseModel]) -> bool:
    """Does the class define a `model_post_init`, other than the one that Pydantic adds for private attributes?"""
    own = [vars(kind)["model_post_init"] for kind in model.__mro__ if "model_post_init" in vars(kind)]
    return not all(function.__module__.startswith("pydantic.") for function in own)


def _key(name: str, field: FieldInfo, path: Path) -> str:
    alias = field.validation_alias or field.alias
    if alias is not None and not isinstance(alias, str):
        refuse((*path, name), "has several aliases; an input contract knows one name for a field")
    key = name if alias is None else str(alias)
    optional = type(None) in get_args(field.annotation)
    if field.default_factory is not None or not (field.is_required() or (field.default is None and optional)):
        refuse((*path, key), "has a default; use `None` with an optional type, or require the field")
    return key


def _without_none(annotation: Any, path: Path) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    members = [member for member in get_args(annotation) if member is not type(None)]
    if len(members) != 1:
        refuse(path, "is a union; a feature has one type")
    return members[0], len(members) < len(get_args(annotation))


def _places(kind: Any, field: FieldInfo, *, nullable: bool, path: Path) -> Iterator[Feature]:
    """The features of a fixed-length list of numbers, one for each position."""
    items, limits = get_args(kind), declared(field.metadata, path)
    each_of_its_own = get_origin(kind) is tuple and Ellipsis not in items
    length = len(items) if each_of_its_own else limits.get("max_length")
    if length is None or (not each_of_its_own and limits.get("min_length") != length):
        refuse(path, "is a list of no fixed length; set min_length and max_length to the same number")
    if not length:
        refuse(path, "is a list of no items; leave it out")
    if each_of_its_own and field.metadata:
        refuse(path, "is a tuple with constraints of its own; its type says how long it is")
    if nullable or not field.is_required():
        refuse(path, "a list may not be optional; make its items optional instead")
    for place in range(length or 0):
        item = items[place] if each_of_its_own else items[0]
        inner, item_nullable = _without_none(_bare(item), (*path, place))
        leaf = _leaf(inner, field, list(_metadata(item)), nullable=item_nullable, path=(*path, place))
        if leaf.type not in NUMERIC:
            refuse(path, "is a list of something else than numbers")
        yield leaf.model_copy(update={"required": True, "example": None})


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _metadata(annotation: Any) -> Iterator[Any]:
    for item in getattr(annotation, "__metadata__", ()):
        yield from item.metadata if isinstance(item, FieldInfo) else (item,)


def _leaf(kind: Any, field: FieldInfo, metadata: list[Any], *, nullable: bool, path: Path) -> Feature:
    everything = [*metadata, *_metadata(kind)]
    metadata = [item for item in everything if not isinstance(item, OpenVocabulary)]
    leaf_type, enumeration = _leaf_type(_bare(kind), path)
    if len(metadata) < len(everything):
        leaf_type = _category(leaf_type, path)
    fields = [field, *_inner_fields(kind)]  # The outermost definition wins, as with Pydantic.
    constraints = constraints_of(metadata, leaf_type, path).model_copy(update={"enumeration": enumeration})
    extra = next((one.json_schema_extra for one in fields if isinstance(one.json_schema_extra, dict)), {})
    example = next((one.examples[0] for one in fields if one.examples), None)
    return Feature(
        path=path,
        type=leaf_type,
        nullable=nullable,
        required=field.is_required(),
        unit=str(extra["unit"]) if "unit" in extra else None,
        description=next((one.description for one in fields if one.description), None),
        example=_plain(example, path),
        constraints=constraints,
    )


def _inner_fields(annotation: Any) -> Iterator[FieldInfo]:
    return (item for item in getattr(annotation, "__metadata__", ()) if isinstance(item, FieldInfo))


def _plain(example: Any, path: Path) -> bool | int | float | str | None:
    """An example as a JSON value."""
    if isinstance(example, enum.Enum):
        example = example.value
    if isinstance(example, datetime.date):
        return example.isoformat()
    if not isinstance(example, (bool, int, float, str, types.NoneType)):
        refuse(path, "has an example that is not a single value")
    return example


def _category(leaf_type: FeatureType, path: Path) -> FeatureType:
    if leaf_type is not FeatureType.STRING:
        refuse(path, "is marked as a category and is no text (`str`)")
    return FeatureType.CATEGORY


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
        refuse(path, "enumerates values that are neither all strings nor all integers")
    if isinstance(kind, ForwardRef):  # Pydantic leaves a name alone that the module does not have.
        refuse(path, f"has the type {kind.__forward_arg__}, with a name that its module does not have; import it there")
    if kind not in LEAF_TYPES:
        refuse(path, f"has the type {getattr(kind, '__name__', kind)}, which a feature cannot have")
    return LEAF_TYPES[kind], None
