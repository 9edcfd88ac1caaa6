"""Recipes are found by their name."""

from __future__ import annotations

import re

import pytest

from model.recipes import find
from model.recipes.recipe import UnknownRecipe
from model.recipes.tumor import TUMOR


def test_the_default_recipe_is_found() -> None:
    assert find("tumor") is TUMOR


@pytest.mark.parametrize("name", ["", "Tumor", "tumor ", "../tumor", "none"])
def test_any_other_name_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(UnknownRecipe, match=r"; choose one of: .*tumor.*\.$"):
        find(name)


@pytest.mark.parametrize("name", [":", ":recipe", "mine:", ".mine:recipe", "..:recipe"])
def test_half_a_place_is_none(name: str) -> None:
    with pytest.raises(UnknownRecipe, match=rf"^'{re.escape(name)}' is no package\.module:name\.$"):
        find(name)
