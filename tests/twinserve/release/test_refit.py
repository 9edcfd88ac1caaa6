"""What serves may be fitted on all rows; what was judged stays with it and is what later versions are compared with."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from harness import fruit
from twinserve.errors import ArtifactRefused
from twinserve.recipes import Recipe
from twinserve.release.gate import Challenge, Terms, compare, unseen
from twinserve.signature.frames import to_frame
from twinserve.signature.sources.from_table import from_table
from twinserve.store import manifest, twin
from twinserve.store.artifact import NO_TRUST, Trust, open_version, read_manifest
from twinserve.training.fit import fit_on_everything

pytestmark = pytest.mark.long

REFIT = replace(fruit.FRUIT, refit=True, load=partial(fruit.table, seed=3))  # The rows of `pristine_fruit`.
GATE = Terms(tolerance=0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of the fruit that was refitted."""
    return fruit.registered(REFIT, tmp_path_factory.mktemp("store"))


def test_what_serves_was_fitted_on_all_rows_and_its_twin_was_not(folder: Path) -> None:
    opened = open_version(folder, NO_TRUST, to_judge=True)
    data, fitted = fruit.fitted(REFIT)
    rows = to_frame(data.holdout.columns, opened.signature)
    on_all = fit_on_everything(fitted, data)
    for predictor, pipeline in ((opened.predictor, on_all), (opened.judged, fitted.pipeline)):
        answers = predictor.predict(data.holdout.columns).probabilities
        np.testing.assert_allclose(np.asarray(answers), pipeline.predict_proba(rows), atol=1e-9)
    assert opened.judged is not opened.predictor


def test_figures_coverage_and_importances_are_the_twins(folder: Path, pristine_fruit: Path) -> None:
    """To the last digit those of the same training without a second fit."""
    refitted, plain = read_manifest(folder), read_manifest(pristine_fruit)
    assert (refitted.training.refitted, plain.training.refitted) == (True, False)
    for name in ("metrics", "intervals", "baseline", "importances"):
        assert getattr(refitted, name) == getattr(plain, name)
    assert refitted.coverage is not None
    assert plain.coverage is not None
    assert refitted.coverage.measured == plain.coverage.measured
    assert "twin" in refitted.coverage.reason


def test_the_card_says_so(folder: Path, pristine_fruit: Path) -> None:
    assert "**Refitted.** The model that serves was fitted once more, on all rows." in (folder / "card.md").read_text()
    assert "Refitted" not in (pristine_fruit / "card.md").read_text()


def test_a_server_does_not_open_the_twin(folder: Path) -> None:
    opened = open_version(folder, NO_TRUST)
    assert opened.twin is None
    assert (folder / twin.MODEL).exists()


def test_a_refitted_champion_is_judged_by_its_twin_on_rows_that_the_twin_did_not_see(folder: Path) -> None:
    """The same table again: the whole hold-out is new to both twins, though what serves was fitted on it."""
    opened = open_version(folder, NO_TRUST, to_judge=True)
    data, _ = fruit.fitted(REFIT)
    challenge = Challenge(opened, data.holdout.columns, data.holdout.y_true)
    assert unseen(challenge, opened).all()
    verdict = compare(challenge, opened, GATE)
    assert verdict.passed
    assert verdict.champion_score == pytest.approx(opened.manifest.metrics["log_loss"], abs=1e-9)
    assert verdict.challenger_score == verdict.champion_score


def test_no_version_is_ever_scored_on_rows_that_its_judged_model_saw(folder: Path) -> None:
    """A training that holds out what the twin learned from is held back."""
    opened = open_version(folder, NO_TRUST, to_judge=True)
    data, _ = fruit.fitted(REFIT)
    seen = Challenge(opened, data.train.columns, data.train.y_true)
    assert not unseen(seen, opened).any()
    assert not compare(seen, opened, GATE).passed


def test_a_category_that_only_held_out_rows_have_is_served_as_known(tmp_path: Path) -> None:
    """The signature is of what the model that serves has seen, and the compiled model agrees."""
    plain = fruit.table()
    held_out = np.arange(200) % 5 == 0
    colour = plain.features["skin.colour"].where(~(held_out & (np.arange(200) % 10 == 0)), "blue")
    features = from_table(plain.features.assign(**{"skin.colour": colour}))
    table = replace(plain, features=features.frame, held_out=held_out)
    recipe: Recipe = replace(REFIT, input=features.signature, load=lambda: table)
    folder = fruit.registered(recipe, tmp_path)
    opened = open_version(folder, NO_TRUST, to_judge=True)
    assert "blue" in next(f for f in opened.signature.features if f.name == "skin.colour").vocabulary
    assert opened.manifest.predictor.kind == "compiled"
    assert opened.judged.kind == "compiled"


def test_the_twin_of_a_pipeline_that_is_no_graph_is_a_pipeline(tmp_path: Path) -> None:
    folder = fruit.registered(replace(fruit.OWN_TRANSFORMER, refit=True), tmp_path)
    assert (folder / twin.JOBLIB).exists()
    assert open_version(folder, Trust(pickles=True), to_judge=True).twin is not None
    with pytest.raises(ArtifactRefused, match="pickle"):
        open_version(folder, NO_TRUST, to_judge=True)


def test_a_refitted_version_without_its_twin_is_judged_by_nothing(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "1")
    (copy / twin.MODEL).unlink()
    facts = json.loads((copy / "manifest.json").read_text())
    del facts["files"][twin.MODEL]
    facts["own_digest"] = manifest.UNSET
    (copy / "manifest.json").write_bytes(manifest.with_own_digest(json.dumps(facts).encode()))
    open_version(copy, NO_TRUST)
    with pytest.raises(ArtifactRefused, match="holds no twin"):
        open_version(copy, NO_TRUST, to_judge=True)
