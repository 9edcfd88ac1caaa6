"""No champion is ever judged on a row that it was fitted on, whatever becomes of the table between two trainings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import fruit
from tests.twinserve.release.test_gate import Believer, challenge, champion, verdict
from twinserve.arrays import BoolArray
from twinserve.recipes import Recipe, Split, Table
from twinserve.recipes.row_hashes import row_hashes
from twinserve.release.gate import Challenge, unseen
from twinserve.signature.frames import to_frame
from twinserve.signature.sources.from_table import from_table
from twinserve.store.artifact import NO_TRUST, open_version
from twinserve.training.data import Data, split

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]
SPLITS = (Split(), Split(time="when"), Split(group="who"))


def start(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """A table with a number, a category, a time, a group and the number of the row, which no feature holds."""
    return pd.DataFrame(
        {
            "x": rng.integers(0, 40, rows),
            "kind": rng.choice(["a", "b", "5"], rows),
            "when": [f"2024-01-{1 + day:02d}" for day in np.sort(rng.integers(0, 28, rows))],
            "who": rng.integers(0, rows // 3, rows),
        }
    )


def grown(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With more rows, at the end."""
    more = start(rng, 20).reindex(columns=frame.columns)
    if not isinstance(frame["when"].iloc[0], str):
        more = retyped(more, rng)
    return pd.concat([frame, more], ignore_index=True)


def corrected(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With other numbers in some rows."""
    rows = rng.random(len(frame)) < 0.1
    return frame.assign(x=frame["x"].where(~rows, frame["x"] + 1))


def retyped(frame: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    """With floats for integers and datetimes for texts."""
    return frame.assign(x=frame["x"].astype(float), when=pd.to_datetime(frame["when"]))


def widened(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With another column."""
    return frame.assign(**{f"new{frame.shape[1]}": rng.integers(0, 3, len(frame))})


def shuffled(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """In another order."""
    return frame.sample(frac=1, random_state=int(rng.integers(99))).reset_index(drop=True)


CHANGES = (grown, corrected, retyped, widened, shuffled)


def divided(frame: pd.DataFrame, chosen: Split) -> Data:
    """The table of a training, as `twinserve train --data` divides it."""
    features = from_table(frame.drop(columns="who"), drop=False)
    target = pd.Series(np.where(np.arange(len(frame)) % 3 == 0, "yes", "no"), dtype=object)
    table = Table(features.frame, target, "made", given=frame)
    recipe = Recipe("made", "classification", features.signature, lambda: table, lambda _: {}, "log_loss", "", chosen)
    return split(recipe, table)


@dataclass
class History:
    """Versions of a table, each with what its training learned from."""

    rng: np.random.Generator
    versions: list[tuple[Data, set[tuple[object, ...]]]] = field(default_factory=list)

    def train(self, frame: pd.DataFrame, chosen: Split) -> None:
        """One more version."""
        data = divided(frame, chosen)
        learned = to_frame(data.train.columns, data.signature)
        self.versions.append((data, set(contents(learned))))


def contents(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Rows as plain values, found without any hash."""
    plain = frame.assign(when=pd.to_datetime(frame["when"]), x=frame["x"].astype(float))
    return list(plain.itertuples(index=False, name=None))


def judged(old: Data, new: Data) -> tuple[BoolArray, pd.DataFrame]:
    """The rows that judge a champion, as a mask and as a table in its columns."""
    versions = []
    for data in (old, new):
        hashes = np.unique(row_hashes(to_frame(data.train.columns, data.signature)))
        versions.append(replace(champion(Believer(), data.signature), fitted_rows=hashes))
    rows = unseen(Challenge(versions[1], new.holdout.columns, new.holdout.y_true), versions[0])
    frame = to_frame(new.holdout.columns, new.signature)
    names = [feature.name for feature in old.signature.features]
    return rows, frame[[name for name in names if name in frame.columns]]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    changes=st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6),
    chosen=st.lists(st.sampled_from(SPLITS), min_size=7, max_size=7),
    data=st.data(),
)
def test_no_champion_is_judged_on_a_row_that_it_was_fitted_on(
    seed: int, changes: list[Change], chosen: list[Split], data: st.DataObject
) -> None:
    history, frame = History(np.random.default_rng(seed)), None
    for place in range(len(changes) + 1):
        frame = start(history.rng, 90) if frame is None else changes[place - 1](frame, history.rng)
        history.train(frame, chosen[place])
    promoted = data.draw(st.integers(0, len(changes) - 1))
    (old, learned), (new, own) = history.versions[promoted], history.versions[-1]
    rows, theirs = judged(old, new)
    assert not learned & set(contents(theirs[rows]))
    assert not own & set(contents(to_frame(new.holdout.columns, new.signature)[rows]))


def test_rows_that_are_all_different_are_judged_on_all_of_the_same_holdout() -> None:
    frame = start(np.random.default_rng(0), 200).assign(x=np.arange(200))
    rows, _ = judged(divided(frame, Split()), divided(retyped(frame, np.random.default_rng(1)), Split()))
    assert rows.all()


def test_growth_leaves_nearly_all_of_the_holdout() -> None:
    frame = start(np.random.default_rng(0), 400).assign(x=np.arange(400))
    more = pd.concat([frame, start(np.random.default_rng(1), 40).assign(x=np.arange(400, 440))], ignore_index=True)
    rows, _ = judged(divided(frame, Split()), divided(more, Split()))
    assert rows.mean() > 0.85


# ---- the gate -------------------------------------------------------------------------------------------------------


def seen(count: int) -> np.ndarray:
    """The hashes of a record, with those of the first so many hold-out rows."""
    new = distinct()
    return np.unique(row_hashes(to_frame(new.holdout, new.opened.signature))[:count])


def distinct() -> Challenge:
    """A challenger with 200 hold-out rows that all differ."""
    new = challenge(Believer(errs=0))
    matrix = new.holdout.matrix.copy()
    matrix[:, 0] += np.arange(len(matrix)) / 1e6
    return replace(new, holdout=type(new.holdout)(matrix))


def test_where_fewer_than_half_of_the_rows_are_new_the_gate_holds_back_and_says_so() -> None:
    old = champion(Believer(errs=60))
    assert verdict(distinct(), replace(old, fitted_rows=seen(100))).passed
    held_back = verdict(distinct(), replace(old, fitted_rows=seen(101)))
    assert (held_back.passed, held_back.champion_score) == (False, None)
    assert held_back.reason.startswith("Only 99 of the 200 held-out rows are new to both versions: ")


def test_a_champion_is_not_asked_about_what_it_was_fitted_on() -> None:
    predictor = Believer()
    verdict(distinct(), replace(champion(predictor), fitted_rows=seen(50)))
    assert [len(columns) for columns in predictor.asked] == [150]


def test_a_champion_without_a_record_is_compared_on_all_rows_which_the_reason_tells() -> None:
    outcome = verdict(distinct(), replace(champion(Believer()), fitted_rows=None))
    assert outcome.lower_bound is not None
    assert "The champion keeps no record of the rows that it was fitted on" in outcome.reason


@pytest.mark.parametrize("chosen", SPLITS, ids=["class", "time", "group"])
def test_the_group_and_the_time_need_not_be_features(chosen: Split) -> None:
    data = divided(start(np.random.default_rng(3), 100), chosen)
    assert "who" not in [feature.name for feature in data.signature.features]
    assert 10 <= len(data.holdout) <= 30


def test_what_is_opened_to_be_judged_knows_the_rows_that_it_was_fitted_on(pristine_fruit: Path) -> None:
    """As the gate opens a version from the store; a server has no use for them."""
    data, _ = fruit.fitted(replace(fruit.FRUIT, load=partial(fruit.table, seed=3)))
    opened = open_version(pristine_fruit, NO_TRUST, to_judge=True)
    assert not unseen(Challenge(opened, data.train.columns, data.train.y_true), opened).any()
    assert unseen(Challenge(opened, data.holdout.columns, data.holdout.y_true), opened).all()
    assert open_version(pristine_fruit, NO_TRUST).fitted_rows is None
