"""Writing source for somebody to edit: a recipe, and the project around it."""
