"""Which rows are held out: a fifth of each class by content, the last ones by time, or whole groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import fruit
from tests.twinserve.signature.made import many
from twinserve.errors import AskedWrongly, CannotTrain
from twinserve.recipes.split import Split
from twinserve.training.holdout import held_out_rows, strata_of


def by_class(frame: pd.DataFrame, classes: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """The hold-out by content; of values without `classes`."""
    return held_out_rows(frame, np.zeros(len(frame), dtype=np.int64) if classes is None else np.array(classes))


def shares(mask: np.ndarray, classes: np.ndarray) -> list[float]:
    """By how many rows each class differs from a fifth."""
    return [abs(mask[classes == code].sum() - 0.2 * (classes == code).sum()) for code in np.unique(classes)]


# ---- by class -------------------------------------------------------------------------------------------------------


@many
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=14),
    contents=st.integers(1, 50),
    nulls=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_each_class_gives_a_fifth_however_many_rows_are_equal(
    sizes: list[int], contents: int, nulls: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = rng.integers(0, contents, len(classes)).astype(float)
    values[rng.random(len(classes)) < nulls] = np.nan
    mask = by_class(pd.DataFrame({"x": values, "y": np.nan}), classes)
    assert max(shares(mask, classes)) < 1
    assert all(mask[classes == code].any() for code, size in enumerate(sizes) if size >= 3)
    assert not any(mask[classes == code].all() for code in range(len(sizes)))


@many
@given(st.permutations(range(60)))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    frame = fruit.table(60).features
    assert by_class(frame.iloc[order]).tolist() == by_class(frame)[order].tolist()


@pytest.mark.parametrize("more", [1, 20, 100])
def test_added_rows_move_hardly_any_other(more: int) -> None:
    """Only those beside the threshold of their class, which moves a little."""
    before, after = (
        by_class(fruit.table(500).features),
        by_class(pd.concat([fruit.table(500).features, fruit.table(more, seed=1).features]))[:500],
    )
    assert (before != after).sum() <= 1 + more * 0.2


@pytest.mark.parametrize("row", [{"count": 2.5}, {"day": "2024-05-01T10:30:00Z"}, {"count": -0.0}, {"new": 1.0}])
def test_what_a_new_row_makes_of_the_columns_moves_no_other(row: dict[str, object]) -> None:
    """Such as an integer that becomes a number, a date that becomes a datetime, a field that the others lack."""
    days = [f"2024-02-{1 + place % 28:02d}" for place in range(200)]
    frame = pd.DataFrame({"x": np.linspace(-1, 1, 200), "count": [0, 1, 2, 3] * 50, "day": days})
    more = pd.concat([frame, pd.DataFrame([{"x": 3.0, "count": 1, "day": "2024-05-01", **row}])])
    assert (by_class(more)[:200] != by_class(frame)).sum() <= 1


def test_a_target_that_looks_like_values_is_one_class() -> None:
    assert set(strata_of(np.linspace(0, 1, 50))) == {0}
    assert set(strata_of(np.arange(50))) == {0}
    assert len(set(strata_of(list(range(14)) * 6))) == 14
    assert len(set(strata_of([True, False] * 5))) == 2
    assert len(set(strata_of(["a", "b", "c"]))) == 3
    assert set(strata_of([0, 1] * 20, "regression")) == {0}


# ---- by time --------------------------------------------------------------------------------------------------------

DAYS = [f"2024-03-{1 + place // 5:02d}" for place in range(100)]
NOBODY = np.zeros(100, dtype=np.int64)


@pytest.mark.parametrize(
    "times", [DAYS, pd.to_datetime(pd.Series(DAYS)), list(range(100)), np.linspace(0, 1, 100)], ids=range(4)
)
def test_the_last_fifth_by_time_is_held_out(times: object) -> None:
    order = np.random.default_rng(0).permutation(100)
    frame = pd.DataFrame({"t": times, "x": 1.0}).iloc[order].reset_index(drop=True)
    assert np.flatnonzero(held_out_rows(frame, NOBODY, Split(time="t"))[np.argsort(order)]).tolist() == [
        *range(80, 100)
    ]


@many
@given(st.lists(st.integers(0, 9), min_size=10, max_size=80))
def test_rows_of_one_time_are_on_one_side(times: list[int]) -> None:
    if len(set(times)) < 2:
        return
    mask = held_out_rows(pd.DataFrame({"t": times}), np.zeros(len(times), dtype=np.int64), Split(time="t"))
    values = np.array(times)
    assert values[~mask].max() < values[mask].min()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["2024-01-01", None] * 50, "The time 't' is null in 50 rows"),
        (["early", "late"] * 50, "The time 't' is a category"),
        ([[1], [2]] * 50, "The time 't' holds list values"),
    ],
)
def test_what_is_no_time_is_told(values: list[object], told: str) -> None:
    with pytest.raises(AskedWrongly, match=told):
        held_out_rows(pd.DataFrame({"t": values}), NOBODY, Split(time="t"))


def test_one_time_for_all_divides_nothing() -> None:
    with pytest.raises(CannotTrain, match="All rows have the same time"):
        held_out_rows(pd.DataFrame({"t": [1] * 100}), NOBODY, Split(time="t"))


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(AskedWrongly, match="There is no column 'day' to divide the rows by; the table has t"):
        held_out_rows(pd.DataFrame({"t": [1] * 100}), NOBODY, Split(group="day"))


# ---- by group -------------------------------------------------------------------------------------------------------


@many
@given(sizes=st.lists(st.integers(1, 12), min_size=20, max_size=60), seed=st.integers(0, 99))
def test_a_group_is_on_one_side_and_a_fifth_of_the_rows_is_held_out(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    frame = pd.DataFrame({"who": [f"p{number}" for number in who], "x": rng.random(len(who))})
    mask = held_out_rows(frame, np.zeros(len(who), dtype=np.int64), Split(group="who"))
    assert not set(who[mask]) & set(who[~mask])
    assert abs(mask.sum() - 0.2 * len(who)) <= max(sizes) / 2


def test_each_class_gives_whole_groups() -> None:
    who = np.repeat(np.arange(60), 5)
    classes = (who < 10).astype(np.int64)
    mask = held_out_rows(pd.DataFrame({"who": who}), classes, Split(group="who"))
    assert [mask[classes == code].sum() for code in (0, 1)] == [50, 10]


def test_each_class_of_two_groups_gives_the_smaller_one() -> None:
    """A fifth of the rows is less than half of either."""
    who = np.repeat(np.arange(6), [9, 8] * 3)
    mask = held_out_rows(pd.DataFrame({"who": who}), who // 2, Split(group="who"))
    assert set(who[mask]) == {1, 3, 5}


def test_a_new_group_moves_hardly_any_other() -> None:
    who = np.repeat(np.arange(100), 5)
    before = held_out_rows(pd.DataFrame({"who": who}), np.zeros(500, dtype=np.int64), Split(group="who"))
    more = pd.DataFrame({"who": [*who, *[100] * 5]})
    after = held_out_rows(more, np.zeros(505, dtype=np.int64), Split(group="who"))[:500]
    assert (before != after).sum() <= 5


def test_few_groups_are_refused() -> None:
    with pytest.raises(AskedWrongly, match="The group 'who' has 2 values; at least 5 groups are needed"):
        held_out_rows(pd.DataFrame({"who": [1, 2] * 50}), NOBODY, Split(group="who"))


def test_two_splits_at_once_are_refused() -> None:
    with pytest.raises(AskedWrongly, match="--time and --group exclude each other"):
        Split(time="a", group="b")
