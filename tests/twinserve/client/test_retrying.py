"""`Retry-After` has seconds or a date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twinserve.signature.made import many
from twinserve.client.messages import Response
from twinserve.client.retrying import Retries, retries_of, retry_after
from twinserve.errors import AskedWrongly

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue Nov 14 22:13:50 2023", 30.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 500, 999999999.0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan " + "9" * 5000 + " 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 +9999999999999", None),
    ],
)
def test_it_is_read_as_rfc_9110_has_it(value: str, seconds: float | None) -> None:
    assert retry_after(Response(503, {"retry-after": value}, b""), now=lambda: NOW) == seconds
    assert retry_after(Response(503, {}, b"")) is None


NUMBERS = st.integers(-(10**30), 10**30).map(str) | st.sampled_from(["", "0", "00", "1", "31", "99", "9999", "x"])
DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Mon", "Monday", "", "x"]),
    NUMBERS,
    st.sampled_from(["Jan", "Dec", "13", ""]),
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.sampled_from(["GMT", "-0000", "EST", ""]) | NUMBERS.map("+{}".format) | NUMBERS.map("-{}".format),
)


@many
@given(DATES | st.text())
def test_whatever_it_says_gives_seconds_or_nothing(value: str) -> None:
    seconds = retry_after(Response(503, {"retry-after": value}, b""), now=lambda: NOW)
    assert seconds is None or 0 <= seconds < float("inf")


def test_a_number_of_retries_will_do() -> None:
    assert (retries_of(3), retries_of(None).most, retries_of(0).most) == (Retries(most=3), 0, 0)
    for wrong in (True, 1.5, "3", -1):
        with pytest.raises(AskedWrongly, match="retries"):
            retries_of(wrong)
