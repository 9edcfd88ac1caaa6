"""Names for fields, classes, modules and variables."""

from __future__ import annotations

import pytest

from twinserve.scaffold.names import class_name, field_name, module_name, singular, variable_name


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("sepal length (cm)", "sepal_length_cm"),
        ("monthlyIncome", "monthly_income"),
        ("URLCount", "url_count"),
        ("class", "class_"),
        ("copy", "copy_"),
        ("datetime", "datetime_"),
        ("model_year", "its_model_year"),
        ("_hidden", "hidden"),
        ("1st", "field_1st"),
        ("%", "field"),
        ("l", "l_"),
        ("größe", "größe"),
        ("count \U000109c0", "count"),
        ("m²", "m2"),
        ("ﬁeld", "field"),
        ("word " * 20, "word_word_word_word_word_word_word_word"),
    ],
)
def test_a_field_reads_like_its_column(name: str, field: str) -> None:
    assert field_name(name, ()) == field
    assert field.isidentifier()


def test_no_two_fields_share_a_name() -> None:
    assert field_name("a b", {"a_b", "a_b_2"}) == "a_b_3"


@pytest.mark.parametrize(
    ("name", "kind"), [("home address", "HomeAddress"), ("table", "TableGroup"), ("中", "中Group")]
)
def test_a_class_hides_neither_a_field_nor_what_its_module_needs(name: str, kind: str) -> None:
    assert class_name(name, ()) == kind


@pytest.mark.parametrize(
    ("name", "one"),
    [("loans", "loan"), ("iris", "iris"), ("stories", "story"), ("series", "series"), ("glass", "glass")],
)
def test_a_plain_plural_has_a_singular(name: str, one: str) -> None:
    assert singular(name) == one


@pytest.mark.parametrize(
    ("name", "module", "variable"),
    [
        ("loans-2024", "loans_2024", "LOANS_2024_DATA"),
        ("2024", "recipe", "MODEL_DATA"),
        ("class", "recipe", "CLASS_DATA"),
        ("twinserve", "twinserve", "MODEL_DATA"),
    ],
)
def test_a_module_can_be_imported_and_a_variable_is_no_setting(name: str, module: str, variable: str) -> None:
    assert (module_name(name), variable_name(name)) == (module, variable)
