"""The first line of a file names its columns unless it looks like the rows below."""

from __future__ import annotations

import pytest

from twinserve.tables.readers.header import names_columns


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a,b", "1,2", True),
        ("a,b", "x,y", True),
        ("1,2", "x,y", True),
        ("5.1,red", "4.9,blue", False),
        ("39, State-gov, 77516", "50, Private, ?", False),
        ("2012-01-01,$5", "2012-01-02,$6", False),
        (",size", "0,1.5", True),
        ("country,2019,2021,2020", "France,1.5,2,3", True),
        ("name,1,2,3", "x,0.1,0.2,0.3", True),
        ("6,148,72", "1,85,66", False),
        ("a", "", True),
    ],
)
def test_what_names_the_columns(first: str, second: str, *, expected: bool) -> None:
    assert names_columns(first.split(","), [second.split(",")] * 3) is expected
