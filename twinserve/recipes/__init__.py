"""Recipes: what is predicted, and how it is learned."""

from twinserve.recipes.catalog import find
from twinserve.recipes.recipe import Candidates, Recipe, Table

__all__ = ["Candidates", "Recipe", "Table", "find"]
