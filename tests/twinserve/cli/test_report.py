"""What a training says when it is done, to a person and to a machine."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from harness import fruit
from tests.twinserve.signature.made import feature, signature
from twinserve.card.caveats import caveats
from twinserve.cli.next_step import next_step
from twinserve.cli.pasted import pasted
from twinserve.cli.report import MOST_COLUMNS, as_json, show
from twinserve.notes import Note
from twinserve.release.build import Lineage, build
from twinserve.release.gate import Verdict
from twinserve.release.promotion import Outcome
from twinserve.release.steps import Trained
from twinserve.signature import Change
from twinserve.store.evaluation_facts import DecisionFacts
from twinserve.store.promotions import Hold
from twinserve.store.registry import Registry

PASSED = Verdict(passed=True, reason="There was no champion to compare with.")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A training of the fruit that was promoted."""
    registry = Registry(tmp_path_factory.mktemp("store"), "fruit")
    recipe = replace(fruit.FRUIT, load=partial(fruit.table, seed=1))
    data, fitted = fruit.fitted(recipe)
    version, facts = build(registry, recipe, data, fitted, Lineage(0, None))
    outcome = Outcome(promoted=True, verdict=PASSED, champion=1)
    return Trained(recipe, data, fitted, facts, version, registry.path(version), outcome, 1.25)


@pytest.fixture
def of_table(trained: Trained) -> Trained:
    """The same, as if a table had made the input, with a note of each kind."""
    notes = (
        Note("fact", None, "classification"),
        Note("dropped", "id", "it looks like an identifier"),
        Note("leak", "paid", "it is the target: left out"),
    )
    return replace(trained, recipe=replace(trained.recipe, input=trained.data.signature), notes=notes)


def said(trained: Trained) -> str:
    """The report of a person, without colours."""
    console = Console(file=io.StringIO(), width=80)
    show(trained, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_person_reads_the_rows_the_candidates_the_metrics_and_what_became_of_it(trained: Trained) -> None:
    lines = said(trained).splitlines()
    learned = len(trained.data.train)
    split = "a fifth of each class, chosen by a hash of the rows' content"
    assert lines[0] == f"fruit  {learned} rows to learn from, {200 - learned} held out: {split} (an orchard)"
    assert any(line.startswith("logistic regression ") and line.rstrip().endswith("chosen") for line in lines)
    assert any(line.startswith("log_loss ") and line.rstrip().endswith("decides") for line in lines)
    assert any(line.startswith("brier (0 to 2) ") for line in lines)
    assert any(line.startswith("matters    ") and line.endswith(": loss in log_loss when shuffled") for line in lines)
    assert lines[-5] == "champion   1 (promoted)  There was no champion to compare with."


def test_the_threshold_that_costs_chose_is_said(trained: Trained) -> None:
    decision = DecisionFacts(positive="pear", threshold=0.125, costs={"FN": 7.0, "FP": 1.0})
    training = trained.manifest.training.model_copy(update={"decision": decision})
    decided = replace(trained, manifest=trained.manifest.model_copy(update={"training": training}))
    rule = "label      pear where its probability is at least 0.125, chosen by the costs FN=7,FP=1"
    assert rule in said(decided).splitlines()
    assert as_json(decided)["decision"] == decision.model_dump()
    assert as_json(trained)["decision"] is None
    assert "label   " not in said(trained)


def test_what_each_column_of_a_table_became_is_said(of_table: Trained) -> None:
    lines = said(of_table).splitlines()
    assert [line for line in lines if line.startswith("column ")] == [
        "column   weight       number",
        "column   skin.colour  category",
        "column   skin.spots   number or null",
        "column   id           left out: it looks like an identifier",
    ]
    assert not [line for line in lines if line.startswith("dropped")]
    assert "leak     paid: it is the target: left out" in lines


def test_of_a_declared_input_nothing_is_said_that_its_author_said(trained: Trained) -> None:
    assert "column   " not in said(trained)


def test_a_wide_table_is_not_listed_to_its_end(of_table: Trained) -> None:
    wide = signature(*(feature(f"c{place}") for place in range(MOST_COLUMNS + 1)))
    text = said(replace(of_table, data=replace(of_table.data, signature=wide)))
    assert "column   and 2 more, which the card lists" in text.splitlines()


def test_a_candidate_that_failed_and_a_class_that_was_left_out_are_said(trained: Trained) -> None:
    notes = (Note("warning", None, "the class 'quince' is left out"),)
    odd = replace(
        trained,
        notes=notes,
        fitted=replace(trained.fitted, failed={"svm [1]": "no probabilities"}),
    )
    lines = said(odd).splitlines()
    assert "failed   svm [1]: no probabilities" in lines
    assert "warning  the class 'quince' is left out" in lines
    assert as_json(odd)["failed_candidates"] == {"svm [1]": "no probabilities"}
    assert as_json(odd)["notes"][-1]["sentence"] == "the class 'quince' is left out"


def test_a_candidate_that_was_given_up_has_its_score_and_the_number_of_folds(trained: Trained) -> None:
    scores, spreads = {**trained.fitted.scores, "svm": 9.0}, {**trained.fitted.spreads, "svm": 0.5}
    odd = replace(trained, fitted=replace(trained.fitted, scores=scores, spreads=spreads, given_up={"svm": 2}))
    line = next(line for line in said(odd).splitlines() if line.startswith("svm"))
    assert line.split()[1:] == ["9.0000", "±", "0.5000", "given", "up", "after", "2", "folds"]
    assert [one["given_up_after"] for one in as_json(odd)["candidates"]][-1] == 2


@pytest.mark.parametrize(
    ("passed", "promoted", "words"),
    [
        (True, True, "(promoted)"),
        (True, False, "(not promoted because of --no-promote; it passed the gate)"),
        (False, False, "(not promoted)"),
    ],
)
def test_what_became_of_it_is_said_as_it_was_asked(trained: Trained, passed: bool, promoted: bool, words: str) -> None:
    outcome = Outcome(promoted=promoted, verdict=replace(PASSED, passed=passed), champion=None)
    assert said(replace(trained, outcome=outcome)).splitlines()[-1].startswith(f"champion   none yet {words}")
    assert (as_json(replace(trained, outcome=outcome))["passed"]) == passed


def test_what_was_there_before_and_a_hold_are_said(trained: Trained) -> None:
    before = replace(trained, is_new=False, outcome=Outcome(promoted=False, verdict=PASSED, champion=1))
    assert "so no new version was made" in said(before)
    assert said(before).splitlines()[-5].startswith("champion   1 (as before)  ")
    hold = Hold(4, "2026-02-28T12:00:00Z")
    held = replace(trained, outcome=Outcome(promoted=False, verdict=PASSED, champion=4, hold=hold))
    champion, last = said(held).splitlines()[-2:]
    assert champion.startswith("champion   4 (not promoted, as a rollback holds it)  ")
    assert last == (
        "hold       Held since 2026-02-28T12:00:00Z at version 4 by a rollback; "
        f"{pasted('promote', trained.folder.parent, '1')} lets go of it, and so does --release."
    )
    assert as_json(held)["hold"] == {"version": 4, "since": "2026-02-28T12:00:00Z"}
    assert as_json(trained)["hold"] is None


def test_the_next_step_is_said_of_a_champion_only(trained: Trained) -> None:
    serve, ask = next_step(trained.folder, trained.data.signature)
    assert said(trained).splitlines()[-3:] == ["next", serve, ask]
    assert as_json(trained)["next"] == [serve, ask]
    held_back = replace(trained, outcome=Outcome(promoted=False, verdict=PASSED, champion=4))
    assert "twinserve serve" not in said(held_back)
    assert as_json(held_back)["next"] == []


def test_the_gates_figures_and_changes_are_said(trained: Trained) -> None:
    change = Change("skin.colour", "the category 'blue' is gone", breaking=True)
    verdict = Verdict(
        passed=False, reason="Worse.", changes=[change], champion_score=0.5, challenger_score=0.7, lower_bound=-0.3
    )
    text = said(replace(trained, outcome=Outcome(promoted=False, verdict=verdict, champion=4)))
    assert "input      skin.colour: the category 'blue' is gone (breaking)" in text
    assert "gate       champion 0.5000, challenger 0.7000" in text


def test_caveats_are_in_the_report(trained: Trained) -> None:
    poor = trained.manifest.model_copy(update={"baseline": trained.manifest.metrics})
    assert said(replace(trained, manifest=poor)).startswith("No better than the baseline by log_loss")
    assert (as_json(replace(trained, manifest=poor))["weak"], as_json(trained)["weak"]) == (True, False)
    assert as_json(replace(trained, manifest=poor))["caveats"] == list(caveats(poor))
    assert as_json(trained)["caveats"] == []


def test_a_machine_reads_the_same_as_plain_json(of_table: Trained) -> None:
    report = json.loads(json.dumps(as_json(of_table), allow_nan=False))
    assert (report["model"], report["version"], report["promoted"], report["source"]) == (
        "fruit",
        1,
        True,
        "an orchard",
    )
    assert Path(report["folder"]).is_dir()
    assert report["columns"][1] == {"name": "skin.colour", "type": "category", "nullable": False, "parts": []}
    assert [one["name"] for one in report["candidates"] if one["chosen"]] == ["logistic regression"]
    low, high = report["metrics"]["log_loss"]["interval"]
    assert low <= report["metrics"]["log_loss"]["value"] <= high
