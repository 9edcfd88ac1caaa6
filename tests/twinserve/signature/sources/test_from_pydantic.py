"""Each declaration of a Pydantic class is in the signature, or is refused with its path and the reason."""

# ruff: noqa: UP007, UP045  # The older ways of writing an optional type must be read as well.

from __future__ import annotations

import datetime
import enum
import importlib
import re
import types
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import annotated_types as at
import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PrivateAttr,
    RootModel,
    Strict,
    StrictFloat,
    StringConstraints,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)

from twinserve.errors import UnsupportedInput
from twinserve.signature import Constraints, Feature, FeatureType
from twinserve.signature.sources.category import Category, OpenVocabulary
from twinserve.signature.sources.from_pydantic import from_pydantic


def class_of(annotation: Any, default: Any = ..., **fields: Any) -> type[BaseModel]:
    """A class with a field `x` of that type (and other required fields)."""
    more: dict[str, Any] = {name: (kind, ...) for name, kind in fields.items()}
    made: type[BaseModel] = create_model("Made", x=(annotation, default), **more)
    return made


def read(annotation: Any, default: Any = ...) -> Feature:
    """The one feature of such a class."""
    (feature,) = from_pydantic(class_of(annotation, default)).features
    return feature


def refusal(model: type[BaseModel]) -> str:
    """Why a class is refused."""
    with pytest.raises(UnsupportedInput) as refused:
        from_pydantic(model)
    return str(refused.value)


class Colour(enum.Enum):
    """Strings."""

    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    """Integers."""

    SMALL = 1
    LARGE = 2


class Mixed(enum.Enum):
    """Neither."""

    ONE = 1
    TWO = "two"


class Inner(BaseModel):
    """The inner
    group."""

    b: float
    a: int


class Middle(BaseModel):
    """The middle."""

    inner: Inner
    other: Inner = Field(description="Another one.")


class Outer(BaseModel):
    last: bool
    middle: Middle = Field(description="As the field says.")


# ---- what is carried ------------------------------------------------------------------------------------------------


def test_groups_nest_in_the_order_of_the_class() -> None:
    names = [feature.name for feature in from_pydantic(Outer).features]
    assert names == ["last", "middle.inner.b", "middle.inner.a", "middle.other.b", "middle.other.a"]


def test_ten_groups_deep() -> None:
    model = class_of(float)
    for _ in range(10):
        model = class_of(model)
    assert from_pydantic(model).features[0].path == ("x",) * 11


def test_a_group_is_described_by_its_field_before_its_class() -> None:
    assert from_pydantic(Outer).descriptions == {
        "/middle": "As the field says.",
        "/middle/inner": "The inner group.",
        "/middle/other": "Another one.",
    }


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (float, FeatureType.NUMBER),
        (int, FeatureType.INTEGER),
        (bool, FeatureType.BOOLEAN),
        (str, FeatureType.STRING),
        (datetime.date, FeatureType.DATE),
        (datetime.datetime, FeatureType.DATETIME),
        (Literal["a", "b"], FeatureType.CATEGORY),
        (Colour, FeatureType.CATEGORY),
        (Literal[1, 2], FeatureType.INTEGER),
        (Size, FeatureType.INTEGER),
        (StrictFloat, FeatureType.NUMBER),
        (Annotated[int, Strict()], FeatureType.INTEGER),
    ],
)
def test_every_leaf_type(annotation: Any, kind: FeatureType) -> None:
    assert read(annotation) == Feature(path=("x",), type=kind, constraints=read(annotation).constraints)


@pytest.mark.parametrize(
    ("annotation", "values"),
    [
        (Literal["b", "a"], ("b", "a")),
        (Colour, ("red", "blue")),
        (Literal[3, 1], (3, 1)),
        (Size, (1, 2)),
        (Optional[Literal["a"]], ("a",)),
        (Literal["only"] | None, ("only",)),
        (float, None),
    ],
)
def test_enumerations_keep_their_order(annotation: Any, values: tuple[Any, ...] | None) -> None:
    assert read(annotation).constraints.enumeration == values


@pytest.mark.parametrize(
    ("annotation", "default", "nullable", "required"),
    [
        (float, ..., False, True),
        (Optional[float], ..., True, True),
        (float | None, ..., True, True),
        (Union[None, float], None, True, False),
        (Annotated[float | None, Field(ge=0)], None, True, False),
        (Annotated[float, Field(ge=0)] | None, ..., True, True),
        (Optional[Colour], None, True, False),
        (float | None, Field(ge=0), True, True),
        (float | None, Field(default=None, ge=0), True, False),
    ],
)
def test_optional_is_nullable_and_a_default_of_none_may_be_left_out(
    annotation: Any, default: Any, nullable: bool, required: bool
) -> None:
    feature = read(annotation, default)
    assert (feature.nullable, feature.required) == (nullable, required)


@pytest.mark.parametrize(
    ("annotation", "default", "declared"),
    [
        (float, Field(ge=1, le=2), {"minimum": 1, "maximum": 2}),
        (float, Field(gt=1, lt=2), {"exclusive_minimum": 1, "exclusive_maximum": 2}),
        (int, Field(multiple_of=3), {"multiple_of": 3}),
        (str, Field(min_length=1, max_length=9), {"min_length": 1, "max_length": 9}),
        (str, Field(pattern="^a"), {"pattern": "^a"}),
        (Annotated[float, at.Ge(1)], ..., {"minimum": 1}),
        (Annotated[float, Field(ge=1)], Field(le=2), {"minimum": 1, "maximum": 2}),
        (Annotated[float, at.Interval(ge=1, lt=2)], ..., {"minimum": 1, "exclusive_maximum": 2}),
        (Annotated[str, at.Len(1, 4)], ..., {"min_length": 1, "max_length": 4}),
        (Annotated[str, StringConstraints(min_length=2, pattern="b")], ..., {"min_length": 2, "pattern": "b"}),
        (Annotated[float, at.Ge(1)] | None, ..., {"minimum": 1}),
        (Annotated[float, Field(ge=1)] | None, Field(le=2), {"minimum": 1, "maximum": 2}),
        (PositiveFloat, ..., {"exclusive_minimum": 0}),
        (NonNegativeInt, ..., {"minimum": 0}),
        (float, Field(strict=True, allow_inf_nan=False, ge=0), {"minimum": 0}),
    ],
)
def test_constraints_are_carried_however_they_are_written(
    annotation: Any, default: Any, declared: dict[str, Any]
) -> None:
    assert read(annotation, default).constraints == Constraints(**declared)


@pytest.mark.parametrize(
    ("annotation", "default", "declared"),
    [
        (PositiveFloat, Field(gt=5), {"exclusive_minimum": 5}),
        (Annotated[float, at.Ge(5), at.Ge(0)], ..., {"minimum": 5}),
        (Annotated[float, at.Le(5), at.Le(9)], ..., {"maximum": 5}),
        (Annotated[float, at.Lt(5)] | None, Field(lt=3), {"exclusive_maximum": 3}),
        (Annotated[str, at.MinLen(2), at.MinLen(1)], ..., {"min_length": 2}),
        (Annotated[str, at.MaxLen(3), at.MaxLen(4)], ..., {"max_length": 3}),
        (Annotated[str, StringConstraints(pattern="a")] | None, Field(pattern="a"), {"pattern": "a"}),
    ],
)  # fmt: skip
def test_of_two_bounds_the_narrower_one_holds(annotation: Any, default: Any, declared: dict[str, Any]) -> None:
    assert read(annotation, default).constraints == Constraints(**declared)


def test_an_alias_is_the_name_and_its_pointer_is_escaped() -> None:
    feature = read(float, Field(alias="a/b~c d.e"))
    assert (feature.path, feature.pointer) == (("a/b~c d.e",), "/a~1b~0c d.e")


def test_a_validation_alias_goes_before_an_alias() -> None:
    assert read(float, Field(alias="out", validation_alias="in")).name == "in"


def test_an_alias_generator_is_followed() -> None:
    class Camel(BaseModel):
        model_config = ConfigDict(alias_generator=str.upper)
        x: float

    assert from_pydantic(Camel).features[0].name == "X"


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (float, Field(description="Width.", examples=[1.5], json_schema_extra={"unit": "mm"})),
        (Annotated[float, Field(description="Width.", examples=[1.5], json_schema_extra={"unit": "mm"})], ...),
        (Annotated[float, Field(description="Width.", examples=[1.5], json_schema_extra={"unit": "mm"})] | None, ...),
        (Annotated[float, Field(json_schema_extra={"unit": "mm"})], Field(description="Width.", examples=[1.5])),
    ],
)
def test_units_descriptions_and_examples_are_carried(annotation: Any, default: Any) -> None:
    feature = read(annotation, default)
    assert (feature.unit, feature.description, feature.example) == ("mm", "Width.", 1.5)


@pytest.mark.parametrize(
    ("annotation", "written", "kept"),
    [
        (int, 3, 3),
        (bool, True, True),
        (str, "a", "a"),
        (Colour, Colour.RED, "red"),
        (Size, Size.LARGE, 2),
        (datetime.date, datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.datetime, datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.UTC), "2020-01-02T03:00:00+00:00"),
    ],
)
def test_an_example_is_kept_as_a_caller_would_send_it(annotation: Any, written: Any, kept: Any) -> None:
    example = read(annotation, Field(examples=[written])).example
    assert (example, type(example)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (list[float], Field(min_length=3, max_length=3)),
        (Annotated[list[float], at.Len(3, 3)], ...),
        (tuple[float, float, float], ...),
        (tuple[float, ...], Field(min_length=3, max_length=3)),
    ],
)
def test_a_list_of_fixed_length_is_one_feature_for_each_place(annotation: Any, default: Any) -> None:
    features = from_pydantic(class_of(annotation, default)).features
    assert [feature.path for feature in features] == [("x", 0), ("x", 1), ("x", 2)]
    assert {feature.type for feature in features} == {FeatureType.NUMBER}


def test_the_places_of_a_tuple_have_their_own_types_and_constraints() -> None:
    first, second = from_pydantic(
        class_of(tuple[Annotated[int, Field(ge=1)], Annotated[float, at.Lt(2)] | None])
    ).features
    assert (first.type, first.nullable, first.constraints) == (FeatureType.INTEGER, False, Constraints(minimum=1))
    assert (second.type, second.nullable) == (FeatureType.NUMBER, True)
    assert second.constraints == Constraints(exclusive_maximum=2)


def test_private_attributes_and_computed_fields_are_no_input() -> None:
    class Computing(BaseModel):
        x: float
        _cache: float = PrivateAttr(default=0.0)

        @computed_field  # type: ignore[prop-decorator]  # Pydantic's own way of writing it.
        @property
        def double(self) -> float:
            """Twice."""
            return 2 * self.x

    assert [feature.name for feature in from_pydantic(Computing).features] == ["x"]


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "default", "reason"),
    [
        (float | str, ..., "is a union"),
        (Union[int, float, None], ..., "is a union"),
        (Inner | Middle, ..., "is a union"),
        (dict[str, float], ..., "has the type dict"),
        (Any, ..., "has the type"),
        (object, ..., "has the type object"),
        (bytes, ..., "has the type bytes"),
        (complex, ..., "has the type complex"),
        (Decimal, ..., "has the type Decimal"),
        (uuid.UUID, ..., "has the type UUID"),
        (datetime.time, ..., "has the type time"),
        (datetime.timedelta, ..., "has the type timedelta"),
        (set[float], ..., "has the type set"),
        (list, ..., "has the type list"),
        (types.NoneType, ..., "has the type NoneType"),
        (list[float], ..., "is a list of no fixed length"),
        (list[float], Field(max_length=3), "is a list of no fixed length"),
        (list[float], Field(min_length=3), "is a list of no fixed length"),
        (list[float], Field(min_length=2, max_length=3), "is a list of no fixed length"),
        (tuple[float, ...], ..., "is a list of no fixed length"),
        (tuple[float, ...], Field(max_length=3), "is a list of no fixed length"),
        (tuple[()], ..., "is a list of no items"),
        (list[float], Field(min_length=0, max_length=0), "is a list of no items"),
        (list[str], Field(min_length=2, max_length=2), "is a list of something else than numbers"),
        (tuple[float, bool], ..., "is a list of something else than numbers"),
        (list[float] | None, Field(min_length=2, max_length=2), "a list may not be optional"),
        (list[float], Field(default=None, min_length=2, max_length=2), "has a default"),
        (float, 1.0, "has a default"),
        (float, Field(default=0), "has a default"),
        (float | None, 1.0, "has a default"),
        (float, None, "has a default"),
        (float, Field(default_factory=float), "has a default"),
        (Colour, Colour.RED, "has a default"),
        (Inner | None, ..., "a group of fields may not be optional"),
        (Inner | None, None, "a group of fields may not be optional"),
        (Annotated[Inner, AfterValidator(lambda value: value)], ..., "carries AfterValidator"),
        (Annotated[float, AfterValidator(abs)], ..., "carries AfterValidator"),
        (Annotated[float, BeforeValidator(float)], ..., "carries BeforeValidator"),
        (Annotated[float, AfterValidator(abs)] | None, ..., "carries AfterValidator"),
        (Annotated[float, at.Predicate(bool)], ..., "carries Predicate"),
        (Annotated[float, at.Unit("m")], ..., "carries Unit"),
        (Annotated[float, "a note"], ..., "carries str"),
        (Annotated[str, StringConstraints(strip_whitespace=True)], ..., "which no JSON Schema could publish"),
        (Annotated[str, StringConstraints(to_lower=True, min_length=1)], ..., "which no JSON Schema could publish"),
        (float, Field(coerce_numbers_to_str=True), "which no JSON Schema could publish"),
        (Annotated[list[float], Field(min_length=2, max_length=2, fail_fast=True)], ..., "carries FailFast"),
        (datetime.date, Field(ge=datetime.date(2000, 1, 1)), "declares minimum on a date"),
        (str, Field(pattern=re.compile("a")), "declares a pattern that is not a plain value"),
        (Annotated[float, at.MultipleOf(2), at.MultipleOf(3)], ..., "declares multiple_of twice"),
        (Annotated[str, StringConstraints(pattern="a")] | None, Field(pattern="b"), "declares pattern twice"),
        (Literal["a", 1], ..., "enumerates values that are neither all strings nor all integers"),
        (Literal["a", None], ..., "enumerates values that are neither all strings nor all integers"),
        (Literal[True, False], ..., "enumerates values that are neither all strings nor all integers"),
        (Mixed, ..., "enumerates values that are neither all strings nor all integers"),
        (float, Field(validation_alias=AliasChoices("a", "b")), "has several aliases"),
        (float, Field(validation_alias=AliasPath("a", 0)), "has several aliases"),
        (float, Field(examples=[[1.0]]), "has an example that is not a single value"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_place_and_reason(
    annotation: Any, default: Any, reason: str
) -> None:
    nested = create_model("Nested", group=(class_of(annotation, default, fine=float), ...))
    sentence = refusal(nested)
    assert sentence.startswith("/group/x")
    assert reason in sentence
    assert sentence.endswith(".")


class Rooted(RootModel[float]):
    """A single value."""


class Open(BaseModel):
    """Takes anything."""

    model_config = ConfigDict(extra="allow")
    x: float


class FieldChecked(BaseModel):
    """Has a rule of its own."""

    x: float

    @field_validator("x")
    @classmethod
    def even(cls, value: float) -> float:
        """A rule."""
        return value


class WholeChecked(BaseModel):
    """Has a rule of its own."""

    x: float

    @model_validator(mode="after")
    def even(self) -> WholeChecked:
        """A rule."""
        return self


class PostChecked(BaseModel):
    """Has a rule of its own."""

    x: float
    _cache: float = PrivateAttr(default=0.0)

    def model_post_init(self, context: Any, /) -> None:
        """A rule."""


class HeirOfChecked(FieldChecked):
    """Inherits a rule."""


class Stripping(BaseModel):
    """Changes what was sent."""

    model_config = ConfigDict(str_strip_whitespace=True)
    x: str


class Short(BaseModel):
    """Limits what is sent."""

    model_config = ConfigDict(str_max_length=3)
    x: str


class Endless(BaseModel):
    """Within itself."""

    child: Endless


class Bare(BaseModel):
    """Nothing."""


@pytest.mark.parametrize(
    ("group", "place", "reason"),
    [
        (Rooted, "/x", "is a root model"),
        (Open, "/x", "allows extra fields"),
        (FieldChecked, "/x", "has validators of its own"),
        (WholeChecked, "/x", "has validators of its own"),
        (PostChecked, "/x", "has validators of its own"),
        (HeirOfChecked, "/x", "has validators of its own"),
        (Stripping, "/x", "sets str_strip_whitespace"),
        (Short, "/x", "sets str_max_length"),
        (Endless, "/x/child", "lies within itself"),
        (Bare, "/x", "has no fields"),
    ],
)
def test_a_class_that_no_signature_can_carry_is_refused(group: type[BaseModel], place: str, reason: str) -> None:
    sentence = refusal(class_of(group, y=float))
    assert sentence.startswith(f"{place}: {group.__name__} {reason}")


@pytest.mark.parametrize("model", [Rooted, Open, FieldChecked, Bare])
def test_the_class_itself_is_held_to_the_same_rules(model: type[BaseModel]) -> None:
    assert model.__name__ in refusal(model)


@pytest.mark.parametrize(
    ("annotation", "metadata", "name"),
    [
        (datetime.date, at.Ge(datetime.date(2000, 1, 1)), "minimum"),
        (datetime.datetime, at.Lt(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)), "exclusive_maximum"),
        (bool, at.Ge(0), "minimum"),
        (str, at.Ge("a"), "minimum"),
        (Literal["a"], at.MinLen(1), "min_length"),
    ],
)
def test_a_constraint_that_no_validator_would_look_at_is_refused(annotation: Any, metadata: Any, name: str) -> None:
    assert refusal(class_of(Annotated[annotation, metadata])) == (
        f"/x: declares {name} on a {read(annotation).type}, which is not supported."
    )


@pytest.mark.parametrize(
    "model",
    [
        lambda: create_model("Made", a=(class_of(float), ...), b=(float, Field(alias="a.x"))),
        lambda: create_model("Made", a=(tuple[float], ...), b=(float, Field(alias="a.0"))),
    ],
)
def test_two_fields_with_one_column_name_are_refused(model: Callable[[], type[BaseModel]]) -> None:
    assert "share the column name 'a." in refusal(model())


def test_a_type_whose_name_was_not_imported_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes a `Literal` into a recipe forgets the import first."""
    lines = ["from __future__ import annotations", "from pydantic import BaseModel"]
    lines += ["class Loan(BaseModel):", "    kind: Literal['a', 'b']"]
    (tmp_path / "loan_without_import.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    loan = importlib.import_module("loan_without_import").Loan
    assert "has the type Literal['a', 'b'], with a name that its module does not have; import it" in refusal(loan)


def test_the_refusal_of_a_place_in_a_list_names_the_place() -> None:
    assert refusal(class_of(tuple[float, dict[str, float]])).startswith("/x/1: has the type dict")


def test_a_text_marked_as_a_category_declares_no_values() -> None:
    """Training decides them, and a value that it never saw is no error; a `Literal` declares them."""

    class Row(BaseModel):
        kind: Category
        other: Category | None

    features = from_pydantic(Row).features
    assert [(feature.type, feature.nullable) for feature in features] == [("category", False), ("category", True)]
    assert {feature.constraints.enumeration for feature in features} == {None}


def test_only_a_text_can_be_marked_as_a_category() -> None:
    class Row(BaseModel):
        kind: Annotated[int, OpenVocabulary()]

    with pytest.raises(UnsupportedInput, match="/kind: is marked as a category and is no text"):
        from_pydantic(Row)
