"""The page of the comparison: what it says of results, and that the one in git is what the program makes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.compare import claim_table, pictures, report, results, running, sections
from bench.compare.counting import Size
from bench.compare.judging import Judged
from bench.compare.results import Comparison
from bench.compare.variants import ALL, PRODUCTION
from bench.results import Load, Results, Sample, Start

ROOT = Path(__file__).parents[3]
STORED = ROOT / "bench" / "compare" / "results.json"


def sample(
    name: str, rate: float, number: int = 1, kind: str = "quick", *, refused: int = 0, others: float = 0.0
) -> Sample:
    """A sample of a variant's production server at 16 connections."""
    latency = {"p50": 1.0, "p99": 9.0}
    errors = {"status": refused, "connect": 0}
    server = f"{name} {PRODUCTION}"
    return Sample(server, kind, Load(16), number, rate, latency, 250.0, others, errors, valid=not refused)


def comparison(*samples: Sample) -> Comparison:
    """A comparison of some variants."""
    facts = {
        "command": "python -m bench.compare",
        "date": "2030-01-02",
        "commit": "abc",
        "settings": {"rounds": 2, "seconds": {"quick": 1, "sleeping": 2, "computing": 2}, "connections": [16]},
        "machine": {"processor": "A fast one"},
        "load": {"before": 0.1, "after": 0.2},
        "versions": {"twinserve": {"flask": "1.0"}},
        "about": {"flask_plain production": "python -m gunicorn app:app"},
    }
    starts = [
        Start(one.server, one.model, one.round, 1.5, {"resident": 200.0, "proportional": 90.0}) for one in samples
    ]
    found = Comparison(Results(facts, list(samples), starts))
    counts = {"valid": {"right": 70, "fault": 9}, "invalid": {"right": 181, "accepted": 10}, "choice": {"refused": 66}}
    found.validation["flask_plain"] = Judged(
        counts, 3, {"null": 9}, {"a key": 10}, {}, {"valid": 2.0, "slowest": 8.0}, "null"
    )
    found.sizes["flask_plain"] = Size(32, 37, 1)
    found.mistakes["flask_plain"] = [True, False, None]
    found.claims["graphql"] = "0 of 4"
    return found


BOTH = comparison(
    *(sample("flask_plain", 2000.0, number) for number in (1, 2)),
    *(sample("fastapi_def", rate, number) for number, rate in ((1, 3000.0), (2, 4000.0))),
    sample("door_flask", 500.0, kind="sleeping", refused=300),
)


def test_a_ratio_is_taken_within_each_round() -> None:
    """Then its median, the least and the most."""
    found = sections.ratio(BOTH, "fastapi_def", "flask_plain", "quick", 16)
    assert found is not None
    assert (found.middle, found.least, found.most) == (1.75, 1.5, 2.0)


def test_p99_needs_a_thousand_answers() -> None:
    """In all rounds together; with fewer nothing is said of one in a hundred."""
    few = comparison(sample("flask_plain", 499.0), sample("flask_plain", 500.0, 2))
    assert few.latency("flask_plain", PRODUCTION, "quick", 16) is None
    enough = comparison(sample("flask_plain", 499.0), sample("flask_plain", 501.0, 2))
    assert enough.latency("flask_plain", PRODUCTION, "quick", 16) is not None
    assert BOTH.latency("flask_plain", PRODUCTION, "quick", 16) is not None


def test_what_refuses_under_load_is_shown_as_refusing() -> None:
    """And not as a throughput."""
    assert "30% refused" in "".join(sections.many(BOTH))
    assert "not every answer was good (status 300)" in report.render(BOTH)


def test_what_answers_nothing_before_the_load_ends_says_so() -> None:
    """It was neither fast nor wrong."""
    silent = replace(sample("flask_plain", 0.0, kind="computing"), valid=False)
    assert "none in time" in "".join(sections.many(comparison(silent)))


def test_where_a_door_is_behind_is_listed() -> None:
    """With its ratio; a lead is not."""
    behind = comparison(sample("flask_plain", 200.0), sample("door_flask", 100.0), sample("django_plain", 1.0))
    found = "".join(report.worse(behind))
    assert "The Flask door with the quick model: 0.50x at 16." in found
    assert "The Flask door with a model that waits for 50 ms: 30% refused at 16." in report.render(BOTH)
    assert not list(report.worse(comparison(sample("flask_plain", 100.0), sample("door_flask", 200.0))))


def test_a_load_that_lasted_longer_has_more_answers() -> None:
    """A share of them was refused, and p99 stands where there were enough."""
    found = comparison(sample("door_flask", 100.0, kind="computing", refused=300), sample("flask_plain", 90.0))
    assert sections.refused(found, "door_flask", "computing", 16) == 1.0
    settings = {**found.facts["settings"], "longer": {"computing": {"16": 12}}}
    found.speed.facts = {**found.facts, "settings": settings}
    assert found.seconds("computing", 16) == 12
    assert sections.refused(found, "door_flask", "computing", 16) == 0.25


def test_each_connection_has_time_for_an_answer_of_the_model_that_computes() -> None:
    """Else what is half done when a load ends would be most of it."""
    assert running.FULL.longer("computing") == {64: 4, 256: 13}
    assert not running.FULL.longer("sleeping")


def test_the_page_says_how_busy_the_load_generator_was() -> None:
    """It would be what is measured, if it had no time left."""
    found = comparison(replace(sample("flask_plain", 90.0), generator=0.425))
    assert "| load generator | at most 42% of its core |" in report.render(found)


def test_the_words_of_the_page_are_read_in_five_minutes() -> None:
    """At 220 words a minute, without tables."""
    words = [line for line in report.TEXTS.read_text().splitlines() if not line.startswith("|")]
    assert len(" ".join(words).split()) <= 5 * 220


def test_the_page_counts_choices_apart() -> None:
    """251 right of 270, 10 taken, 9 faults; 66 refused by choice."""
    assert "| Flask | 251 | 10 | 0 | 9 | 3 | 66 | 0 | 0 | 2.00 | - | 8.00 |" in report.render(BOTH)


def test_mistakes_are_counted_where_there_is_a_place_for_them() -> None:
    """One of two, as the third has none."""
    assert "| Flask | 32 | 37 | 1 | 0 | 1 of 2 |" in report.render(BOTH)


def test_the_page_says_when_the_machine_was_not_quiet() -> None:
    """Its figures are then to be measured again."""
    assert "not quiet" not in report.render(BOTH)
    assert "took 40% of" in report.render(comparison(sample("flask_plain", 1.0, others=0.4)))


def test_each_claim_has_a_row_with_what_its_check_said() -> None:
    """All that the article says something of."""
    table = "".join(claim_table.render(BOTH))
    assert all(f"| {claim['topic']} |" in table for claim in claim_table.CLAIMS)
    assert "The check says: 0 of 4." in table
    assert len(claim_table.CLAIMS) >= 17


def test_nothing_is_left_to_fill() -> None:
    """Every brace of the words is a figure."""
    assert not re.search(r"\{\w+\}", report.render(BOTH))


def test_results_read_back_as_they_were_written(tmp_path: Path) -> None:
    """So that the page can be made again from the file."""
    BOTH.write(tmp_path / "results.json")
    assert results.read(tmp_path / "results.json") == BOTH


def test_pictures_are_the_same_for_the_same_results(tmp_path: Path) -> None:
    """So that a change of them is a change of figures."""
    first, second = (pictures.draw(BOTH, tmp_path / name) for name in ("a", "b"))
    assert [path.read_text() for path in first] == [path.read_text() for path in second]


@pytest.mark.skipif(not STORED.is_file(), reason="not measured yet")
def test_the_page_in_git_is_what_the_program_makes(tmp_path: Path) -> None:
    """Nobody edits it by hand."""
    found = results.read(STORED)
    assert (ROOT / "docs" / "comparison.md").read_text() == report.render(found)
    for path in pictures.draw(found, tmp_path):
        assert (ROOT / "docs" / "images" / path.name).stat().st_size > 1_000
        assert f"images/{path.name}" in report.render(found)


def test_each_variant_has_a_name_and_sources_of_its_own() -> None:
    """Its folder is named as it is."""
    assert len({one.title for one in ALL}) == len(ALL)
    assert all(one.files for one in ALL)
