"""The options of the commands, and what is made of them: a recipe, a table, a target."""
