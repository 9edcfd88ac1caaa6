"""The model card says what a person should know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from harness import fruit
from twinserve.card.caveats import caveats
from twinserve.store.artifact import read_manifest


@pytest.fixture(scope="module")
def text(pristine_fruit: Path) -> str:
    """The card of the fruit."""
    return (pristine_fruit / "card.md").read_text()


def test_the_card_has_its_sections(text: str) -> None:
    sections = [line for line in text.splitlines() if line.startswith("#")]
    assert sections[0] == "# Model card: fruit"
    assert {"## Quality on the hold-out", "## Input", "## Lineage"} <= set(sections)


def test_the_intended_use_is_the_recipes(text: str) -> None:
    assert f"**Intended use.** {fruit.FRUIT.intended_use}" in text


def test_every_metric_is_told(text: str, pristine_fruit: Path) -> None:
    for name, value in read_manifest(pristine_fruit).metrics.items():
        assert f"| {name} | {value:.4f} |" in text


def test_the_scale_of_the_brier_score_is_told(text: str) -> None:
    assert "brier is summed over the classes: from 0, which is best, to 2." in text


def test_every_candidate_is_told_and_one_is_chosen(text: str) -> None:
    assert "| hardly fitted |" in text
    assert text.count("| chosen |") == 1


def test_every_field_is_told_with_its_unit_and_what_training_saw(text: str) -> None:
    lines = text.splitlines()
    assert any(line.startswith("| weight | number | g | ") and line.endswith(" | On the scales. |") for line in lines)
    assert any(line.startswith("| skin.spots | number or null |") for line in lines)
    assert any("green, red" in line for line in lines)


def test_every_table_has_as_many_cells_in_each_line(text: str) -> None:
    for table in text.split("\n\n"):
        if table.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


def test_a_regressions_card_has_no_classes(tmp_path: Path) -> None:
    text = (fruit.registered(fruit.PRICE, tmp_path) / "card.md").read_text()
    assert "**Task.** Regression." in text


def test_the_card_says_which_rows_were_held_out_and_which_fields_matter(text: str) -> None:
    assert "of 200 rows, a fifth of each class, chosen by a hash of the rows' content, not used in training." in text
    assert "## Which fields matter" in text
    assert "the mean of 5 shuffles of 40 held-out rows" in text
    assert "| weight | 0." in text


def test_two_columns_that_give_the_target_are_a_caveat(tmp_path: Path) -> None:
    text = (fruit.registered(fruit.PRICE, tmp_path) / "card.md").read_text()
    caveat = "together give r2 1.0000: are both known before the prediction?"
    assert caveat in text.split("\n\n")[1]


def test_caveats_are_in_the_card(tmp_path: Path, text: str) -> None:
    """Of a target that has nothing to do with the features."""
    table = fruit.table()
    by_chance = np.random.default_rng(0).permutation(table.target.to_numpy())
    recipe = replace(fruit.FRUIT, load=lambda: replace(table, target=pd.Series(by_chance)))
    folder = fruit.registered(recipe, tmp_path)
    (caveat,) = caveats(read_manifest(folder))
    blocks = (folder / "card.md").read_text().split("\n\n")
    assert blocks[1] == f"**Caveat.** {caveat}"
    assert "**Caveat.**" not in text


class Telling(DummyClassifier):  # type: ignore[misc]  # scikit-learn has no types.
    """Fails, and repeats a value of the table, as scikit-learn does."""

    def fit(self, rows: Any, _target: Any) -> Telling:
        """Nothing."""
        raise ValueError(f"could not convert string to float: {rows.iloc[0, 0]!r}")


def test_a_candidate_that_fails_is_told_without_the_words_of_its_error(tmp_path: Path) -> None:
    """A card is published, and they may hold a value of the table."""
    recipe = replace(fruit.FRUIT, candidates=lambda seed: {**fruit.candidates(seed), "telling": Telling()})
    card = (fruit.registered(recipe, tmp_path) / "card.md").read_text()
    assert "**Failed.** telling. The report of the training has the reasons." in card
    assert "could not convert" not in card
