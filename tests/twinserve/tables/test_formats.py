"""What a location means, before anything is read."""

from __future__ import annotations

import pytest

from twinserve.tables.formats import AS_IT_IS, NoSuchTable, Reading, form_of, require_known, shown, source_name, stem


@pytest.mark.parametrize(
    ("location", "form"),
    [
        ("a.csv", "csv"),
        ("A.TSV.GZ", "csv"),
        ("x/a.json.zst", "json"),
        ("a.xlsx", "excel"),
        ("a.pq", "parquet"),
        ("-", "csv"),
    ],
)
def test_the_ending_says_the_format(location: str, form: str) -> None:
    assert form_of(location) == form


@pytest.mark.parametrize("location", ["a", "a.gz", "a.sav", "a.csv.rar"])
def test_an_unknown_ending_is_refused(location: str) -> None:
    with pytest.raises(NoSuchTable, match="names no known format; give --format csv, parquet, jsonl, json or excel"):
        require_known(location, AS_IT_IS)
    require_known(location, Reading("csv"))


def test_of_a_file_that_only_another_program_reads_the_error_says_what_to_do() -> None:
    with pytest.raises(NoSuchTable, match=r"a SQLite database is --data sqlite:///d/a\.db --query 'select "):
        require_known("d/a.db", AS_IT_IS)
    with pytest.raises(NoSuchTable, match=r"save an old Excel file as \.xlsx, or give --format csv if it is one"):
        require_known("a.xls", AS_IT_IS)


def test_a_database_needs_a_query_and_a_file_none() -> None:
    with pytest.raises(NoSuchTable, match="--query says which rows"):
        require_known("sqlite:///a.db", AS_IT_IS)
    with pytest.raises(NoSuchTable, match="--query belongs to a database"):
        require_known("a.csv", Reading(query="select 1"))


@pytest.mark.parametrize(
    ("location", "name"),
    [("d/loans.csv", "loans"), ("loans.csv.gz", "loans"), ("loans.zip", "loans"), ("sqlite:///d/loans.db", "loans")],
)
def test_a_model_is_named_after_the_file_without_its_endings(location: str, name: str) -> None:
    assert stem(location) == name


def test_no_name_of_a_source_has_a_password() -> None:
    url = "postgresql://me:secret@host:5432/loans?password=secret"
    assert shown(url) == "postgresql://host:5432/loans"
    assert source_name(url) == "a query of the database loans"
    assert source_name("d/a.csv", "d/b.csv", "d/c.csv") == "a.csv and 2 more"
