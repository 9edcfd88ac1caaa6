"""A new version takes the place of the champion that it was compared with, and of no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import fruit
from twinserve.errors import StoreUnreadable
from twinserve.release.gate import Terms
from twinserve.release.promotion import Outcome, PromotionOptions, promote_if_not_worse
from twinserve.store.artifact import Trust
from twinserve.store.promotions import Standing
from twinserve.store.registry import Registry
from twinserve.training.data import Data, split

pytestmark = pytest.mark.long


def promoted(registry: Registry, version: int, holdout: Any, *, promote: bool = True, release: bool = False) -> Outcome:
    """What becomes of a version at the gate."""
    options = PromotionOptions(Terms(tolerance=0.02), Trust(), promote, release)
    return promote_if_not_worse(registry, version, holdout, options)


class Raced(Registry):
    """A store in which another training promotes right before this one would."""

    def __init__(self, root: Path, name: str, others: list[int]) -> None:
        super().__init__(root, name)
        self._others = others

    def promote_after(self, pointer: bytes | None, version: int) -> bool:
        """After the other one."""
        if self._others:
            self.promote(self._others.pop())
        return super().promote_after(pointer, version)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Data]:
    """Versions 1 and 3 are good, 2 is hardly fitted; none is the champion. And the rows that judge them."""
    root = tmp_path_factory.mktemp("store")
    for name in ("logistic regression", "hardly fitted", "logistic regression"):
        fruit.registered(replace(fruit.FRUIT, candidates=_only(name)), root)
    return root, split(fruit.FRUIT, fruit.FRUIT.load())


def _only(name: str) -> Callable[[int], dict[str, Any]]:
    return lambda seed: {name: fruit.candidates(seed)[name]}


@pytest.fixture
def holdout(pristine: tuple[Path, Data]) -> Any:
    """The rows that judge."""
    return pristine[1].holdout


@pytest.fixture
def registry(pristine: tuple[Path, Data]) -> Registry:
    """The store without a champion."""
    registry = Registry(pristine[0], "fruit")
    for name in ("champion", "history"):
        (registry.folder / name).unlink(missing_ok=True)
    return registry


def test_the_first_version_is_promoted(registry: Registry, holdout: Any) -> None:
    outcome = promoted(registry, 1, holdout)
    assert (outcome.promoted, outcome.champion, registry.champion()) == (True, 1, 1)


def test_what_the_gate_holds_back_is_not_promoted(registry: Registry, holdout: Any) -> None:
    registry.promote(1)
    outcome = promoted(registry, 2, holdout)
    assert (outcome.promoted, outcome.verdict.passed, outcome.champion) == (False, False, 1)
    assert registry.champion() == 1


def test_without_promoting_the_gate_is_asked_all_the_same(registry: Registry, holdout: Any) -> None:
    registry.promote(2)
    outcome = promoted(registry, 1, holdout, promote=False)
    assert (outcome.promoted, outcome.verdict.passed, outcome.champion) == (False, True, 2)
    assert registry.champion() == 2


def test_a_champion_that_came_meanwhile_is_the_one_that_is_compared_with(registry: Registry, holdout: Any) -> None:
    """Version 2 would have passed as the first one; against 1, which was faster, it does not."""
    raced = Raced(registry.folder.parent, registry.name, [1])
    outcome = promoted(raced, 2, holdout)
    assert (outcome.promoted, outcome.champion, registry.champion()) == (False, 1, 1)
    assert outcome.verdict.champion_score is not None


def test_one_that_is_not_worse_than_that_is_promoted_after_it(registry: Registry, holdout: Any) -> None:
    registry.promote(2)
    outcome = promoted(Raced(registry.folder.parent, registry.name, [1]), 3, holdout)
    assert (outcome.promoted, registry.champion(), registry.predecessor()) == (True, 3, 1)
    assert outcome.verdict.champion_score == pytest.approx(outcome.verdict.challenger_score)


@pytest.mark.parametrize("content", [b"", b"77\n"])
def test_a_champion_that_cannot_be_opened_is_replaced(registry: Registry, holdout: Any, content: bytes) -> None:
    (registry.folder / "champion").write_bytes(content)
    outcome = promoted(registry, 1, holdout)
    assert outcome.promoted
    assert outcome.verdict.reason.startswith("The champion cannot be opened to compare with: ")
    assert registry.champion() == 1


def test_a_champion_that_is_only_not_trusted_here_is_not_replaced_unjudged(tmp_path: Path) -> None:
    """Servers may trust the pickle that it is; with the option it is compared with."""
    own, name = fruit.OWN_TRANSFORMER, fruit.OWN_TRANSFORMER.name
    for recipe in (own, replace(own, candidates=_only("logistic regression"))):
        fruit.registered(recipe, tmp_path)
    registry, holdout = Registry(tmp_path, name), split(own, own.load()).holdout
    registry.promote(1)
    outcome = promoted(registry, 2, holdout)
    assert (outcome.promoted, outcome.verdict.passed, outcome.champion) == (False, False, 1)
    assert outcome.verdict.reason.endswith("--trust-pickles compares with it.")
    trusted = promote_if_not_worse(registry, 2, holdout, PromotionOptions(Terms(1.0), Trust(pickles=True)))
    assert trusted.verdict.champion_score is not None


def test_a_version_that_is_too_large_here_needs_another_option_than_trust(registry: Registry, holdout: Any) -> None:
    outcome = promote_if_not_worse(registry, 1, holdout, PromotionOptions(Terms(0.02), Trust(max_artifact=1000)))
    assert outcome.verdict.reason.endswith("--max-artifact promotes it.")


def test_a_champion_that_the_system_cannot_read_stays(registry: Registry, holdout: Any) -> None:
    class Unreadable(Registry):
        """A registry on a disk that is away."""

        def champion(self) -> int | None:
            """No number."""
            raise StoreUnreadable("The disk is away.")

    outcome = promoted(Unreadable(registry.folder.parent, registry.name), 1, holdout)
    assert (outcome.promoted, outcome.verdict.passed) == (False, False)
    assert outcome.verdict.reason == "The champion cannot be read to compare with: The disk is away."


@pytest.mark.parametrize("champion", [None, 1])
def test_a_weak_model_is_not_promoted_without_being_allowed(tmp_path: Path, champion: int | None) -> None:
    """Its target has nothing to do with the features; that there is no champion does not help it."""
    table = fruit.table()
    by_chance = pd.Series(np.random.default_rng(0).permutation(table.target.to_numpy()))
    recipe = replace(fruit.FRUIT, load=lambda: replace(table, target=by_chance))
    for _ in range(2):
        fruit.registered(recipe, tmp_path)
    registry, holdout = Registry(tmp_path, "fruit"), split(recipe, recipe.load()).holdout
    if champion:
        registry.promote(champion)
    outcome = promoted(registry, 2, holdout)
    assert (outcome.promoted, outcome.champion) == (False, champion)
    assert outcome.verdict.reason.startswith("No metric's 95% interval excludes the value of a model that uses no ")
    assert outcome.verdict.reason.endswith("; --allow-weak promotes nevertheless.")
    allowed = promote_if_not_worse(registry, 2, holdout, PromotionOptions(Terms(0.02, weak=True), Trust()))
    assert (allowed.promoted, allowed.champion) == (True, 2)


# ---- a rollback holds ------------------------------------------------------------------------------------------------


@pytest.fixture
def held(registry: Registry) -> Registry:
    """The store with version 2 as the champion, held: 3 was rolled back."""
    for version in (2, 3):
        registry.promote(version)
    registry.rollback()
    return registry


def test_what_is_better_is_not_promoted_while_a_rollback_holds(held: Registry, holdout: Any) -> None:
    """The gate is asked all the same."""
    outcome = promoted(held, 1, holdout)
    assert (outcome.promoted, outcome.verdict.passed, outcome.champion) == (False, True, 2)
    assert outcome.hold is not None
    assert (outcome.hold, outcome.hold.version) == (held.require_champion().hold, 2)


def test_who_lets_go_promotes_what_passes_and_ends_the_hold(held: Registry, holdout: Any) -> None:
    outcome = promoted(held, 1, holdout, release=True)
    assert (outcome.promoted, outcome.champion, outcome.hold) == (True, 1, None)
    assert held.standing() == Standing(1)


def test_a_hold_stays_where_the_gate_holds_back(registry: Registry, holdout: Any) -> None:
    for version in (1, 3):
        registry.promote(version)
    hold = registry.rollback()
    assert not promoted(registry, 2, holdout, release=True).promoted
    assert not promoted(registry, 3, holdout, release=True, promote=False).promoted
    assert registry.standing() == Standing(1, hold)


@pytest.mark.parametrize("release", [False, True])
def test_of_the_champion_itself_only_the_hold_can_end(held: Registry, holdout: Any, release: bool) -> None:
    outcome = promoted(held, 2, holdout, release=release)
    assert (outcome.promoted, outcome.champion) == (False, 2)
    assert (held.require_champion().hold is None) is release


class RolledBack(Registry):
    """A store in which somebody rolls back right before the first promotion."""

    def promote_after(self, pointer: bytes | None, version: int) -> bool:
        """After the rollback."""
        if self.champion() == 3:
            self.rollback()
        return super().promote_after(pointer, version)


def test_a_rollback_during_the_comparison_holds(registry: Registry, holdout: Any) -> None:
    for version in (2, 3):
        registry.promote(version)
    outcome = promoted(RolledBack(registry.folder.parent, "fruit"), 1, holdout)
    assert (outcome.promoted, outcome.champion) == (False, 2)
    assert outcome.hold is not None
