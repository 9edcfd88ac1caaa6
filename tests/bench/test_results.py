"""Results can be written and read back; a spread has the median, the least and the greatest value."""

from __future__ import annotations

from pathlib import Path

from bench import results
from bench.results import Skipped, spread
from tests.bench import making


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    measured = making.results(
        making.sample("fast-peer", 3.0), making.sample("fast-peer", 4.0, load=making.BATCH, status=1)
    )
    measured.skipped.append(Skipped("slow-peer", "linear", "It did not start."))
    measured.write(tmp_path / "results.json")
    assert results.read(tmp_path / "results.json") == measured


def test_a_spread_is_the_median_between_the_least_and_the_most() -> None:
    three = spread([3.0, 1.0, 10.0])
    assert three is not None
    assert (three.middle, three.least, three.most, three.rounds) == (3.0, 1.0, 10.0, 3)
    assert spread([]) is None


def test_rows_a_second_of_a_batch_count_its_rows() -> None:
    assert making.sample("fast-peer", 4.0, load=making.BATCH).rows_per_second == 4_000
