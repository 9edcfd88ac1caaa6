"""A ratio is taken within each round, and of valid samples only."""

from __future__ import annotations

import pytest

from bench import ratios
from tests.bench.making import BATCH, LOAD, results, sample


def test_a_ratio_is_the_median_of_the_rounds_own_ratios_not_the_ratio_of_medians() -> None:
    mine = [sample("twinserve-fastapi", value, number) for number, value in enumerate((10.0, 40.0, 30.0), start=1)]
    theirs = [sample("floor-fastapi", value, number) for number, value in enumerate((20.0, 20.0, 10.0), start=1)]
    ratio = ratios.ratio(results(*mine, *theirs), "twinserve-fastapi", "floor-fastapi", "linear", LOAD, "throughput")
    assert ratio is not None
    assert (ratio.middle, ratio.least, ratio.most, ratio.rounds) == (2.0, 0.5, 3.0, 3)


def test_a_round_with_an_invalid_sample_on_either_side_does_not_count() -> None:
    run = results(
        sample("twinserve-fastapi", 10.0, 1),
        sample("floor-fastapi", 1.0, 1, status=3),
        sample("twinserve-fastapi", 10.0, 2),
        sample("floor-fastapi", 20.0, 2),
    )
    ratio = ratios.ratio(run, "twinserve-fastapi", "floor-fastapi", "linear", LOAD, "throughput")
    assert ratio is not None
    assert (ratio.middle, ratio.rounds) == (0.5, 1)


def test_without_a_common_round_there_is_no_ratio() -> None:
    run = results(sample("twinserve-fastapi", 10.0, 1), sample("floor-fastapi", 1.0, 2))
    assert ratios.ratio(run, "twinserve-fastapi", "floor-fastapi", "linear", LOAD, "throughput") is None


def test_a_ratio_of_processor_time_is_above_one_where_the_other_needs_more() -> None:
    run = results(sample("twinserve-fastapi", 1.0, cpu=100.0), sample("tutorial-fastapi", 1.0, cpu=2000.0))
    ratio = ratios.ratio(run, "twinserve-fastapi", "tutorial-fastapi", "linear", LOAD, "cpu")
    assert ratio is not None
    assert ratio.middle == pytest.approx(20.0)


def test_a_door_is_held_against_its_floor_the_yardsticks_the_tutorials_and_every_peer() -> None:
    run = results(*(sample(name, 1.0) for name in ("floor-fastapi", "floor-fastapi-typed", "twinserve-fastapi")))
    assert ratios.opponents(run, "twinserve-fastapi", "linear") == ["floor-fastapi", "floor-fastapi-typed"]
    run = results(*(sample(name, 1.0) for name in ("slow-peer", "tutorial-fastapi", "twinserve-fastapi")))
    assert ratios.opponents(run, "twinserve-fastapi", "linear") == ["slow-peer", "tutorial-fastapi"]


def test_the_best_peer_is_the_one_with_the_most_throughput_under_that_load() -> None:
    run = results(
        sample("slow-peer", 5.0),
        sample("fast-peer", 50.0),
        sample("slow-peer", 9.0, load=BATCH),
        sample("floor-fastapi", 99.0),
    )
    assert ratios.best_of(run, "linear", LOAD, "peer") == "fast-peer"
    assert ratios.best_of(run, "linear", BATCH, "peer") == "slow-peer"
    assert ratios.best_of(run, "forest", LOAD, "peer") is None


def test_a_batch_is_held_against_single_rows_by_rows() -> None:
    run = results(sample("twinserve-fastapi", 100.0), sample("twinserve-fastapi", 4.0, load=BATCH))
    ratio = ratios.within(run, "twinserve-fastapi", "linear", BATCH, LOAD)
    assert ratio is not None
    assert ratio.middle == 40.0
