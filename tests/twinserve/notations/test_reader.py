"""A caller's text means at the door what it meant in the table; any other value stays as it is."""

from __future__ import annotations

import re
from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.notations.notation import LONGEST, Form, Notation
from twinserve.notations.patterns import pattern
from twinserve.notations.reader import any_number, reader, text_of_value

DOLLARS: Final = Notation(form="amount", unit="$", nulls=("", "-"))
COUNT: Final = Notation(form="amount", nulls=("?",))
SHARE: Final = Notation(form="amount", unit="%")
EUROS: Final = Notation(form="amount with a decimal comma", unit="€")
TAKING_ANY: Final = ("as it is", "any number", "any number with a decimal comma", "text of a value")
CASES: Final[list[tuple[Notation, Any, Any]]] = [
    (DOLLARS, "$1,234.50", 1234.5),
    (DOLLARS, " -$3 ", -3.0),
    (DOLLARS, "($3)", -3.0),
    (DOLLARS, "12", 12.0),
    (DOLLARS, "-", None),
    (DOLLARS, "  ", None),
    (COUNT, "23,288", 23288.0),
    (COUNT, "130", 130.0),
    (COUNT, "?", None),
    (SHARE, "20%", 20.0),
    (SHARE, "0", 0.0),
    (EUROS, "1.234,50 €", 1234.5),
    (Notation(form="date with the year first"), "2012/1/31", "2012-01-31"),
    (Notation(form="date with the year first"), "2012/1/31 9:05", "2012/1/31 9:05"),
    (Notation(form="date with the year first"), "2012-01-31 13:05", "2012-01-31 13:05:00"),
    (Notation(form="date with the day first"), "1/2/2013", "2013-02-01"),
    (Notation(form="date with the month first"), "1/2/2013", "2013-01-02"),
    (Notation(form="date with the month first"), "12/31/2023 1:05 PM", "2023-12-31 13:05:00"),
    (Notation(form="date with the day first"), "31/12/2023 12:05:30 a.m.", "2023-12-31 00:05:30"),
    (Notation(form="date with the year first"), "2023-12-31 12:00pm", "2023-12-31 12:00:00"),
    (Notation(form="date with the month first"), "12/31/2023 13:05 PM", "12/31/2023 13:05 PM"),
    (Notation(form="date with a named month"), "Dec 31, 2023 09:05 AM", "2023-12-31 09:05:00"),
    (Notation(form="date with a named month"), "Jun 12, 1998", "1998-06-12"),
    (Notation(form="date with a named month"), "12-SEPT-1998", "1998-09-12"),
    (Notation(form="date with a named month"), "3 March 1998 07:05", "1998-03-03 07:05:00"),
    (Notation(form="date of a format", format="%d.%m.%y"), "31.12.12", "2012-12-31T00:00:00"),
    (Notation(form="date in digits", format="%Y%m%d"), 20121231, "2012-12-31T00:00:00"),
    (Notation(form="date in digits", format="%Y%m%d"), 20121231.0, "2012-12-31T00:00:00"),
    (Notation(form="date in digits", format="%Y%m%d"), "20121231", "2012-12-31T00:00:00"),
    (Notation(form="date in digits", format="%Y%m%d"), "2012-12-31", "2012-12-31"),
    (Notation(form="date in digits", format="%Y%m%d"), 1356912000000, 1356912000000),
    (Notation(form="date in digits", format="%Y%m%d", nulls=("0",)), 0, None),
    (Notation(form="date in digits", format="%Y%m%d"), None, None),
    (Notation(form="date in digits", format="%Y"), True, True),
    (Notation(form="month"), "1949-12", "1949-12-01"),
    (Notation(form="time or duration"), "1:05 PM", 47100.0),
    (Notation(form="time or duration"), "1 days 02:00:00", 93600.0),
    (Notation(form="time or duration"), "PT1H30M", 5400.0),
    (Notation(form="boolean", nulls=("NA",)), "True", True),
    (Notation(form="boolean", nulls=("NA",)), "NA", None),
    (Notation(form="any number"), "$5", 5.0),
    (Notation(form="any number"), "unknown", None),
    (Notation(form="any number"), "nan", None),
    (Notation(form="any number with a decimal comma"), "1,234", 1.234),
    (Notation(form="any number with a decimal comma"), "1.234,5 €", 1234.5),
    (Notation(form="any number with a decimal comma"), "oops", None),
    (Notation(form="any number"), "1e999", None),
    (Notation(form="text of a value"), 35, "35"),
    (Notation(form="text of a value"), [], []),
    (Notation(form="text of a value"), {"a": 1}, {"a": 1}),
    (Notation(form="text of a value"), None, None),
    (Notation(form="text of a value"), float("inf"), float("inf")),
    (Notation(form="text of a value"), 10**309, 10**309),
    (Notation(form="text of a value"), 2.0, "2"),
    (Notation(form="text of a value"), True, "true"),
    (Notation(form="text of a value"), "35", "35"),
    (Notation(form="text of a value", width=5), 12, "00012"),
    (Notation(form="text of a value", width=5), 12.0, "00012"),
    (Notation(form="text of a value", width=5), 1.5, "1.5"),
    (Notation(form="text of a value", width=5), " 12", "00012"),
    (Notation(form="text of a value", width=5), "123456", "123456"),
    (Notation(form="text of a value", width=5), "1b", "1b"),
    (Notation(form="text of a value", width=5), "", ""),
    (Notation(form="text of a value", width=5, nulls=("0", "00009")), "0", None),
    (Notation(form="text of a value", width=5, nulls=("0", "00009")), 9, None),
    (Notation(form="amount", nulls=("-999",)), -999, None),
    (Notation(form="amount", nulls=("-999",)), -999.0, None),
    (Notation(form="amount", nulls=("-999",)), "-999", None),
    (Notation(form="amount", nulls=("1",)), True, True),
    (Notation(form="any number", nulls=("-999",)), "-999", None),
    (Notation(form="any number", nulls=("-999",)), -999, None),
    (Notation(form="as it is"), " State-gov", "State-gov"),
    (Notation(form="as it is", nulls=("NA",)), "NA", None),
]


@pytest.mark.parametrize(("notation", "value", "expected"), CASES)
def test_a_text_means_what_it_meant_in_the_table(notation: Notation, value: Any, expected: Any) -> None:
    assert reader(notation)(value) == expected


@pytest.mark.parametrize(("notation", "value", "expected"), CASES)
def test_what_is_read_matches_the_published_pattern(notation: Notation, value: Any, expected: Any) -> None:
    rule = pattern(notation)
    if isinstance(value, str) and rule is not None and expected != value:
        assert re.search(rule, value)


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        (DOLLARS, "€5"),
        (DOLLARS, "five"),
        (SHARE, "20"),
        (COUNT, "1,23"),
        (Notation(form="date with the day first"), "12/31/2013"),
        (Notation(form="date with the year first"), "2013/02/29"),
        (Notation(form="date with a named month"), "Feb 30 1998"),
        (Notation(form="date with a named month"), "Smarch 1 1998"),
        (Notation(form="month"), "1949-13"),
        (Notation(form="time or duration"), "soon"),
        (Notation(form="boolean"), "yes"),
    ],
)
def test_any_other_text_stays_and_is_refused_as_ever(notation: Notation, text: str) -> None:
    assert reader(notation)(text) == text


@pytest.mark.parametrize("form", [form for form in get_args(Form) if form not in TAKING_ANY])
@pytest.mark.parametrize("text", ["-" + " " * 1_000_000 + "x", "1" * 1_000_000, "1" + ",000" * 300_000])
def test_a_long_text_is_none_at_once(form: Form, text: str) -> None:
    """Patterns with optional blanks would take years for it."""
    assert reader(Notation(form=form))(text) == text
    assert any_number(text) is None


@given(st.sampled_from(get_args(Form)), st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.text()))
def test_what_is_no_text_stays(form: Form, value: Any) -> None:
    if form != "text of a value" or isinstance(value, list):
        assert reader(Notation(form=form))(value) is value


@given(st.sampled_from(get_args(Form)), st.text(max_size=LONGEST))
def test_no_text_breaks_a_reader(form: Form, text: str) -> None:
    value = reader(Notation(form=form, format="%Y"))(text)
    assert value is None or isinstance(value, (str, bool, float))


@given(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_value_is_that_of_a_label(value: Any) -> None:
    text = text_of_value(value)
    assert text == ({True: "true", False: "false"}[value] if isinstance(value, bool) else text)
    assert "." not in text or float(text) == value
