"""The rows that the proof makes up: every feature goes to its edges, while the rest of the row stays ordinary."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from tests.twinserve.signature.made import EVERY_TYPE, VALID, feature, instances, many, same, signature, signatures
from twinserve.proof.probes import EXTREMES, probes
from twinserve.proof.threshold_search import Change, crossings
from twinserve.signature import UNSEEN, Columns, FeatureType, Signature, to_instances
from twinserve.signature.columns import UNSEEN_CATEGORY
from twinserve.signature.frames import to_frame
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator

NO_TREES: tuple[Change, ...] = ()
MIXED = signature(
    feature("a", nullable=True, seen_minimum=-3.0, seen_maximum=9.0),
    feature("b", seen_minimum=-1.0, seen_maximum=1.0),
    feature("i", "integer", nullable=True),
    feature("c", "category", nullable=True, seen_categories=("x", "y")),
    feature("d", "category", seen_categories=("x", "y")),
    feature("on", "boolean", nullable=True),
    feature("day", "date", nullable=True),
    feature("note", "string", nullable=True),
)


def real(rows: int = 50) -> Columns:
    """Ordinary rows of the mixed signature, with a category that its vocabulary lacks in one of them."""
    rng = np.random.default_rng(0)
    matrix = np.stack(
        [
            rng.normal(size=rows),
            rng.normal(size=rows),
            rng.integers(0, 9, rows),
            rng.integers(0, 2, rows),
            rng.integers(0, 2, rows),
            rng.integers(0, 2, rows),
            rng.integers(0, 9000, rows),
            np.full(rows, np.nan),
        ],
        axis=1,
    ).astype(np.float64)
    matrix[0, 3] = UNSEEN
    return Columns(matrix, {(0, 3): "z"}, {7: [f"text {row}" for row in range(rows)]})


def made(columns: Columns | None = None, contract: Signature = MIXED, changes: Sequence[Change] = NO_TREES) -> Columns:
    """All made rows in one matrix; only that is looked at."""
    groups = probes(columns or real(), contract, changes, seed=0)
    return Columns(np.concatenate([group.matrix for group in groups]))


def test_every_nullable_feature_gets_a_null() -> None:
    matrix = made().matrix
    for place, feature_ in enumerate(MIXED.features):
        if feature_.type is not FeatureType.STRING:
            assert np.isnan(matrix[:, place]).any() == feature_.nullable


def test_some_row_has_nulls_wherever_it_may() -> None:
    may = [place for place, f in enumerate(MIXED.features) if f.nullable or f.type is FeatureType.STRING]
    assert (np.isnan(made().matrix).sum(axis=1) == len(may)).any()


def test_every_category_meets_a_stranger() -> None:
    groups = probes(real(), MIXED, NO_TREES, seed=0)
    for place in (3, 4):
        assert any(
            UNSEEN_CATEGORY in [text for (_, column), text in g.unseen.items() if column == place] for g in groups
        )


def test_every_category_meets_the_words_that_its_vocabulary_lacks() -> None:
    groups = probes(real(), MIXED, NO_TREES, 0, ["x", "none"])
    for place in (3, 4):
        met = {text for group in groups for (_, column), text in group.unseen.items() if column == place}
        assert met - {"z"} == {UNSEEN_CATEGORY, "none"}


def test_every_number_goes_to_all_extremes_and_to_the_ends_of_what_training_saw() -> None:
    matrix = made().matrix
    for place, more in ((0, (-3.0, 9.0)), (1, (-1.0, 1.0)), (2, ())):
        values = {float(value).hex() for value in matrix[:, place]}
        assert {value.hex() for value in (*EXTREMES, *more)} <= values


def test_extremes_hold_what_single_precision_cannot() -> None:
    with np.errstate(over="ignore"):
        narrow = np.array(EXTREMES, dtype=np.float64).astype(np.float32)
    wide = np.array(EXTREMES)
    assert np.isinf(narrow).any()
    assert (np.isfinite(narrow) & (narrow.astype(np.float64) != wide)).sum() >= 3


def test_rows_that_are_too_large_for_single_precision_stand_together() -> None:
    """A pipeline that refuses them is asked for halves again and again; a wide table took minutes."""
    wide = signature(*(feature(f"x{place}") for place in range(20)))
    (group,) = [made for made in probes(Columns(np.zeros((30, 20))), wide, NO_TREES, 0) if (made.matrix == 1e300).any()]
    with np.errstate(over="ignore"):
        too_large = np.isinf(group.matrix.astype(np.float32)).any(axis=1)
    assert too_large.sum() == 5 * 20
    assert np.count_nonzero(np.diff(too_large.astype(int))) == 2


def test_booleans_and_categories_do_not_go_to_extremes() -> None:
    matrix = made().matrix
    assert set(matrix[~np.isnan(matrix[:, 5]), 5]) == {0.0, 1.0}
    assert set(matrix[:, 4]) == {UNSEEN, 0.0, 1.0}


def test_dates_and_datetimes_go_to_both_sides_of_every_turn_of_the_calendar() -> None:
    """The last moment of a year and the first of the next, say; the row around them stays ordinary."""
    contract = signature(feature("day", "date"), feature("at", "datetime"))
    columns = Columns(np.stack([np.arange(5.0), np.arange(5.0) * 1e8], axis=1))
    frame = to_frame(made(columns, contract), contract)
    days, moments = (set(frame[name].to_numpy().astype("datetime64[s]").tolist()) for name in ("day", "at"))
    for turn in ("1970-01-01", "2000-02-29", "2000-03-01", "2025-01-01"):
        assert np.datetime64(turn, "s").item() in days & moments
    assert np.datetime64("2024-12-31T23:59:59").item() in moments


def test_some_rows_move_by_less_than_single_precision_can_tell() -> None:
    before = real()
    order = np.random.default_rng(0).permutation(50)
    (moved,) = [
        group.matrix
        for group in probes(before, MIXED, NO_TREES, seed=0)
        if len(group) == 50 and (group.matrix[:, 0] != before.matrix[order, 0]).all()
    ]
    away = np.abs(moved[:, :2] / before.matrix[order, :2] - 1)
    assert np.nanmax(away) <= 1e-9
    assert np.nanmax(away) > 0


def test_a_tree_is_met_on_both_sides_of_its_splits() -> None:
    """How they are found is tested with `twinserve/proof/threshold_search.py`; here, that they are among the rows."""
    rng = np.random.default_rng(0)
    contract, columns = signature(feature("x")), Columns(rng.random((80, 1)))
    tree = make_pipeline(DecisionTreeRegressor(random_state=0)).fit(to_frame(columns, contract), rng.random(80))
    thresholds = tree[-1].tree_.threshold[tree[-1].tree_.feature == 0]
    with np.errstate(over="ignore"):
        changes = crossings(columns, contract, tree, rng).changes
        values = np.unique(made(columns, contract, changes).matrix[:, 0]).astype(np.float32).astype(np.float64)
    for threshold in thresholds:
        below, above = values[values <= threshold].max(), values[values > threshold].min()
        assert np.nextafter(np.float32(below), np.float32(np.inf)) == np.float32(above)


def test_the_rows_that_they_start_from_stay_as_they_are() -> None:
    columns, before = real(), real()
    probes(columns, MIXED, NO_TREES, seed=0)
    assert same(columns, before)


def test_the_same_seed_makes_the_same_rows() -> None:
    one, two, other = (probes(real(), MIXED, NO_TREES, seed) for seed in (1, 1, 2))
    assert all(same(mine, theirs) for mine, theirs in zip(one, two, strict=True))
    assert not all(same(mine, theirs) for mine, theirs in zip(one, other, strict=True))


@pytest.mark.parametrize("rows", [1, 2, 300])
def test_any_number_of_real_rows_will_do(rows: int) -> None:
    matrix = made(real(rows)).matrix
    assert len(matrix) >= 3 * len(EXTREMES)
    assert np.isnan(matrix[:, 0]).any()


@many
@given(signatures(), st.data())
def test_the_strings_behind_strangers_are_where_the_strangers_are(contract: Signature, data: st.DataObject) -> None:
    """Columns whose parts disagree would fail, or worse, in the middle of a proof."""
    rows = [row for row in data.draw(st.lists(instances(contract), min_size=1, max_size=4)) if _valid(contract, row)]
    if not rows:
        return
    columns = Validator(contract).validate(json.dumps(rows).encode()).columns
    for group in probes(columns, contract, NO_TREES, seed=0):
        places = [place for place, f in enumerate(contract.features) if f.type is FeatureType.CATEGORY]
        strange = {(row, place) for row in range(len(group)) for place in places if group.matrix[row, place] == UNSEEN}
        assert set(group.unseen) == strange
        assert all(len(texts) == len(group) for texts in group.texts.values())
        assert len(to_frame(group, contract)) == len(to_instances(group, contract)) == len(group)


def _valid(contract: Signature, row: Any) -> bool:
    try:
        Validator(contract).validate(json.dumps(row).encode())
    except InvalidInput:
        return False
    return True


def test_a_row_of_every_type_is_ground_enough() -> None:
    columns = Validator(EVERY_TYPE).validate(json.dumps(VALID).encode()).columns
    assert all(len(group) for group in probes(columns, EVERY_TYPE, NO_TREES, seed=0))
