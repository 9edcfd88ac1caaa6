"""RESULTS.md has the ratios first, and a reason for everything that was not measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench import report
from bench.results import Results, Skipped
from tests.bench.making import results, sample


def run() -> Results:
    """Two rounds of a door, its floor and a peer."""
    return results(
        *(sample("floor-fastapi", 1000.0, number) for number in (1, 2)),
        *(sample("twinserve-fastapi", value, number) for number, value in ((1, 800.0), (2, 900.0))),
        *(sample("fast-peer", 100.0, number) for number in (1, 2)),
    )


def test_the_headline_holds_each_door_against_its_floor_and_the_best_peer() -> None:
    text = report.render(run(), [])
    assert (
        "| `twinserve-fastapi` | linear | 16 conn. | 0.85x (0.80-0.90) | - | - | - | 8.50x (8.00-9.00): fast-peer |"
        in text
    )
    assert text.index("## Headline") < text.index("## linear: ratios") < text.index("## linear: figures")


def test_what_was_skipped_stands_with_its_reason() -> None:
    measured = run()
    measured.skipped.append(Skipped("slow-peer", "linear", "Its environment is not set up."))
    assert "| `slow-peer` | linear | Its environment is not set up. |" in report.render(measured, [])


def test_a_run_with_errors_is_named_and_has_no_figure() -> None:
    measured = run()
    measured.samples.append(sample("slow-peer", 5000.0, 2, status=7))
    text = report.render(measured, [])
    assert "| `slow-peer` | linear | 16 conn., round 2: invalid, 7 status errors |" in text
    assert "5,000" not in text


def test_a_quick_run_says_that_it_proves_nothing() -> None:
    measured = run()
    quick = Results(
        {**measured.facts, "settings": measured.facts["settings"] | {"quick": True}}, measured.samples, measured.starts
    )
    assert "no figure in it is worth a thing" in report.render(quick, [])
    assert "no figure in it is worth a thing" not in report.render(measured, [])


def test_the_command_the_machine_and_the_versions_are_there() -> None:
    text = report.render(run(), [Path("plots/linear-memory.svg")])
    assert "Written by `python -m bench` on 2030-01-02" in text
    assert "| processor | A fast one |" in text
    assert "other processes took 1% meanwhile (median), 1% at most" in text
    assert "| twinserve | fastapi 1.0 |" in text
    assert "![linear memory](plots/linear-memory.svg)" in text


def test_a_run_beside_other_work_says_so() -> None:
    measured = run()
    noisy = [replace(one, others=0.4) for one in measured.samples]
    assert "other processes took 40% of the server's core" in report.render(replace(measured, samples=noisy), [])
    assert "not quiet" not in report.render(measured, [])


def test_a_run_that_measured_nothing_is_still_written() -> None:
    measured = Results(run().facts, skipped=[Skipped("slow-peer", "linear", "It did not start.")])
    assert "It did not start." in report.render(measured, [])
