"""Recipes: what is predicted, and how it is learned."""

from model.recipes.recipe import Candidates, Recipe, Table, Task, find

__all__ = ["Candidates", "Recipe", "Table", "Task", "find"]
