"""Recipes are found by their name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from model.tumor import TUMOR
from train import RECIPES
from twinserve.metric import Task
from twinserve.recipes import find
from twinserve.recipes.catalog import UnknownRecipe
from twinserve.recipes.place import NothingThere
from twinserve.recipes.recipe import NoSuchMetric


def test_the_default_recipe_is_found() -> None:
    assert find("tumor", RECIPES) is TUMOR


@pytest.mark.parametrize("name", ["", "Tumor", "tumor ", "../tumor", "none"])
def test_any_other_name_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(UnknownRecipe, match=r"; choose one of: .*tumor.*\.$"):
        find(name, RECIPES)


def test_where_no_recipe_has_a_name_only_a_location_is_asked_for() -> None:
    with pytest.raises(UnknownRecipe, match=r"^There is no recipe 'tumor'; give your own as package\.module:name\.$"):
        find("tumor", {})


@pytest.mark.parametrize("place", ["model.tumor:NONE", "model.none:TUMOR"])
def test_a_location_where_nothing_is_is_refused(place: str) -> None:
    with pytest.raises(NothingThere, match=r"^The(re is no module| module .model\.tumor. has no) "):
        find(place, RECIPES)


def test_what_is_no_recipe_is_refused() -> None:
    with pytest.raises(UnknownRecipe, match=r"^twinserve\.metric:METRICS is a \w+ and not a Recipe\.$"):
        find("twinserve.metric:METRICS", {})


@pytest.mark.parametrize("name", [":", ":recipe", "mine:", ".mine:recipe", "..:recipe"])
def test_an_incomplete_location_is_refused(name: str) -> None:
    with pytest.raises(NothingThere, match=rf"^'{re.escape(name)}' is not of the form package\.module:name\.$"):
        find(name, RECIPES)


@pytest.mark.parametrize(("task", "metric"), [("classification", "acc"), ("regression", "log_loss")])
def test_a_metric_of_another_task_is_refused_before_anything_is_fitted(task: Task, metric: str) -> None:
    with pytest.raises(NoSuchMetric, match=rf"^{metric} is no metric for a {task}; it has \w+, "):
        replace(TUMOR, task=task, metric=metric)


def test_what_is_wrong_in_a_module_of_yours_is_not_taken_for_a_missing_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mistaken_recipes.py").write_text("import math\nrecipe = math.nothing\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AttributeError, match="'math' has no attribute 'nothing'"):
        find("mistaken_recipes:recipe", {})


def test_a_module_without_that_recipe_is_told_with_those_it_has() -> None:
    with pytest.raises(NothingThere, match=r"^The module 'model\.tumor' has no 'recipe'; it has TUMOR\.$"):
        find("model.tumor:recipe", {})
    with pytest.raises(NothingThere, match=r"^The module 'math' has no 'recipe'\.$"):
        find("math:recipe", {})
