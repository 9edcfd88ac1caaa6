"""Recipes: what is predicted, and how it is learned."""

from twinserve.metric import Metric
from twinserve.recipes.catalog import find
from twinserve.recipes.column_choices import ColumnChoices
from twinserve.recipes.decision import Costs, Decision
from twinserve.recipes.recipe import Candidates, Recipe, Table
from twinserve.recipes.split import Split
from twinserve.signature.sources.category import Category

__all__ = ["Candidates", "Category", "ColumnChoices", "Costs", "Decision", "Metric", "Recipe", "Split", "Table", "find"]
