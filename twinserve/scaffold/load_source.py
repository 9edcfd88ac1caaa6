"""The part of a recipe's source that reads the table: where it is, which columns are no features, and `load`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinserve.recipes.column_choices import NO_CHOICES, TYPES, Chosen, ColumnChoices
from twinserve.recipes.recipe import Recipe
from twinserve.recipes.split import Split
from twinserve.scaffold.imports import Imports
from twinserve.scaffold.layout import INDENT, Group, Node, Text, call, docstring, lines, literal, prose, sequence
from twinserve.signature.signature import Signature
from twinserve.tables.formats import AS_IT_IS, Reading


@dataclass(frozen=True)
class TableSource:
    """Where the table of a recipe is, and what was asked of it."""

    location: str
    targets: tuple[str, ...]
    """The columns that are predicted."""
    reading: Reading = AS_IT_IS
    """As given."""
    options: str = ""
    """Further options of the training, as in a command line."""
    recipe_folder: Path = Path()
    """The folder that the module will be in."""
    variable: str | None = None
    """An environment variable that overrides the location."""
    columns: ColumnChoices = NO_CHOICES

    @property
    def told(self) -> str:
        """The targets, for a sentence."""
        return " and ".join(map(repr, self.targets))


def data_lines(source: TableSource, imports: Imports) -> Iterator[str]:
    """The constant that names the file."""
    place = _place(source)
    if source.variable:
        imports.module("os")
        value = call("Path", call("os.environ.get", Text(source.variable), place))
        yield from lines(value, before="DATA: Final = ")
    else:
        yield f"DATA: Final = {place}"


def _place(source: TableSource) -> str:
    """The path of the file: absolute if it was given so, else from the folder of the recipe."""
    if Path(source.location).is_absolute():
        return f"Path({literal(source.location)})"
    parts = Path(os.path.relpath(source.location, source.recipe_folder)).parts
    up = parts.count(os.pardir)
    below = literal("/".join(parts[up:]))
    return f"Path(__file__).parent / {below}" if not up else f"Path(__file__).parents[{up}] / {below}"


def left_out_lines(recipe: Recipe, source: TableSource) -> Iterator[str]:
    """The constant that says why a column is no feature, where there is one beside target and weight."""
    if reasons := _reasons(recipe, source):
        entries: list[tuple[str, Node]] = [(f"{literal(name)}: ", Text(why)) for name, why in reasons.items()]
        yield from lines(Group("{", entries, "}"), before="LEFT_OUT: Final = ")


def _reasons(recipe: Recipe, source: TableSource) -> Mapping[str, str]:
    known = {*source.targets, _chosen(recipe, source).weight}
    left_out = recipe.input.left_out if isinstance(recipe.input, Signature) else {}
    return {name: why for name, why in left_out.items() if name not in known}


def load_lines(recipe: Recipe, source: TableSource, root: str, imports: Imports) -> Iterator[str]:
    """The function that reads the file."""
    imports.name("twinserve.recipes.declared_table", "read_table")
    keywords = _predicted(recipe, source)
    if source.reading.form:
        keywords["form"] = Text(source.reading.form)
    if source.reading.header is not None:
        keywords["header"] = repr(source.reading.header)
    if source.reading.null_values:
        keywords["null_values"] = sequence("[", [Text(word) for word in source.reading.null_values], "]")
    if source.reading.sheet:
        keywords["sheet"] = Text(source.reading.sheet)
    if columns := _columns(_chosen(recipe, source)):
        keywords["columns"] = call(imports.name("twinserve.recipes", "ColumnChoices"), **columns)
    if _reasons(recipe, source):
        keywords["left_out"] = "LEFT_OUT"
    yield "def load() -> Table:"
    have = "a target" if len(source.targets) == 1 else "every target"
    yield from docstring(f"The rows that have {have}.", _held_out(recipe.split), INDENT)
    yield from lines(call("read_table", "DATA", root, **keywords), INDENT, "return ")


def _predicted(recipe: Recipe, source: TableSource) -> dict[str, Node]:
    """The target and its task; of several targets the task of each."""
    if recipe.task != "multi-output":
        return {"target": Text(source.targets[0]), "task": Text(recipe.task)}
    targets = sequence("[", [Text(name) for name in source.targets], "]")
    return {"target": targets, "task": Text("regression" if holds_values(recipe) else "classification")}


def holds_values(recipe: Recipe) -> bool:
    """Are several targets numbers, and not labels?"""
    return bool((recipe.load().target.dtypes == np.float64).all())


def _held_out(split: Split) -> str:
    """Which rows are held out, for the docstring."""
    if split.time is not None:
        return f"The last fifth of them by {prose(split.time)!r} is held out."
    if split.group is not None:
        return f"A fifth of them is held out: all rows with the same {prose(split.group)!r} are on one side."
    return "A fifth of them is held out: a hash of a row's content decides, and it stays on its side when others come."


def _chosen(recipe: Recipe, source: TableSource) -> Chosen:
    given = recipe.load().given
    return source.columns.among([*source.targets, *(() if given is None else map(str, given.columns))])


def _columns(chosen: Chosen) -> Mapping[str, Node]:
    """The choices by which the file is read; the input's class and `LEFT_OUT` have the others."""
    written: dict[str, Node] = {}
    for choice, kind in TYPES.items():
        forms = {name: given.format for name, given in chosen.types.items() if given.type is kind}
        names: list[Node] = [Text(name) for name in forms]
        if any(forms.values()):
            formats = {name: "None" if form is None else Text(form) for name, form in forms.items()}
            written[choice] = Group("{", [(f"{literal(name)}: ", node) for name, node in formats.items()], "}")
        elif names:
            written[choice] = sequence("[", names, "]")
    return written if chosen.weight is None else {**written, "weight": Text(chosen.weight)}
