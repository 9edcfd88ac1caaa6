"""A table's recipe as a Python module to edit; trained unchanged, it gives the same model to the bit."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sklearn.pipeline import Pipeline

from twinserve.metric import names as metrics
from twinserve.notes import Note
from twinserve.recipes.recipe import Recipe
from twinserve.scaffold.estimator_source import SEED, EstimatorSource
from twinserve.scaffold.imports import Imports
from twinserve.scaffold.input_class import InputClass
from twinserve.scaffold.layout import (
    INDENT,
    Group,
    Node,
    Text,
    call,
    comment,
    docstring,
    lines,
    literal,
    prose,
    sequence,
)
from twinserve.scaffold.names import identifier, singular
from twinserve.signature.signature import Signature
from twinserve.tables.formats import AS_IT_IS, Reading

CONSTANT: Final = "RECIPE"
"""The name of the recipe in its module."""
UNSTATED: Final = "Not stated yet: who may use the model, for what, and for what it must not be used."


@dataclass(frozen=True)
class TableSource:
    """Where the table of a recipe is, and what was asked of it."""

    location: str
    target: str
    reading: Reading = AS_IT_IS
    """As given."""
    options: str = ""
    """Further options of the training, as in a command line."""
    recipe_folder: Path = Path()
    """The folder that the module will be in."""
    variable: str | None = None
    """An environment variable that overrides the location."""


def recipe_source(recipe: Recipe, source: TableSource) -> str:
    """The module. `recipe` is `table_recipe(...)` of a table."""
    if not isinstance(recipe.input, Signature):
        raise TypeError("The input of a table's recipe is a signature.")
    imports = Imports()
    for module, names in (("typing", ("Final",)), ("pathlib", ("Path",)), ("twinserve.recipes", ("Recipe", "Table"))):
        for name in names:
            imports.name(module, name)
    root, classes = InputClass(recipe.input, recipe.load().features, imports).lines(singular(recipe.name))
    candidates, columns = _candidates(recipe, imports)
    left_out = list(_left_out(recipe.notes, {feature.name for feature in recipe.input.features}))
    sections: list[Sequence[str]] = [
        list(_data(source, imports)),
        classes,
        [*left_out, *([""] if left_out and columns else []), *columns],
        list(_load(recipe, source, root, imports)),
        candidates,
        list(_recipe(recipe, source, root)),
    ]
    body = "\n\n\n".join("\n".join(section) for section in sections if section)
    return "\n".join([*_docstring(recipe, source), "", *imports.lines(), "", body, ""])


def _docstring(recipe: Recipe, source: TableSource) -> Iterator[str]:
    file, target = prose(Path(source.location).name), prose(source.target)
    return docstring(
        f"The model {recipe.name}: its input, and how it learns {target!r} from {file}.",
        f"Trained unchanged, it is the model of `twinserve train --data {file} --target {target!r}{source.options}`. "
        "Edit it: say what a field means, in which unit and within which bounds (`Field(description=..., ge=0)`), "
        "take a field out, change the pipelines.",
    )


def _data(source: TableSource, imports: Imports) -> Iterator[str]:
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


def _left_out(notes: Sequence[Note], kept: Collection[str]) -> Iterator[str]:
    """What was found in the table, as comments: the columns that are left out, and the rest."""
    out = [note for note in notes if note.kind in ("dropped", "leak") and note.column not in kept]
    rest = [note for note in notes if note not in out and note.column is not None]
    for title, told in (("Columns that are left out:", out), ("To be looked at:", rest)):
        if told:
            yield f"# {title}"
            for note in told:
                yield from comment(f"- {note.column}: {note.sentence}.", hanging="  ")


def _candidates(recipe: Recipe, imports: Imports) -> tuple[list[str], list[str]]:
    """The lines of the function that makes the pipelines, and those of the lists of columns."""
    imports.name("collections.abc", "Mapping")
    imports.name("sklearn.pipeline", "Pipeline")
    sources = EstimatorSource(imports)
    body: list[str] = []
    entries: list[tuple[str, Node]] = []
    candidates = recipe.candidates(SEED)
    for name, pipeline in candidates.items():
        steps: list[Node] = []
        for step, part in _steps(pipeline):
            node = sources.of(part)
            if step == "prepare":  # Of its own, as it is long.
                local = f"for_{identifier(name)}"
                body += lines(node, INDENT, f"{local} = ")
                node = local
            steps.append(sequence("(", [Text(step), node], ")"))
        entries.append((f"{literal(name)}: ", call("Pipeline", sequence("[", steps, "]"))))
    uses_seed = any("seed" in line for line in lines(Group("{", entries, "}")))
    listed = ", ".join(candidates)
    head = [
        f"def candidates({'seed' if uses_seed else '_seed'}: int) -> Mapping[str, Pipeline]:",
        *docstring(f"{listed[:1].upper()}{listed[1:]}: cross-validation chooses.", indent=INDENT),
    ]
    columns = [line for name, held in sources.columns.items() for line in _columns(name, held)]
    return [*head, *body, *lines(Group("{", entries, "}"), INDENT, "return ")], columns


def _steps(pipeline: Any) -> Sequence[tuple[str, Any]]:
    if not isinstance(pipeline, Pipeline):
        raise TypeError("A candidate of a table is a pipeline.")
    steps: Sequence[tuple[str, Any]] = pipeline.steps
    return steps


def _columns(name: str, columns: Sequence[str]) -> Iterator[str]:
    yield from lines(sequence("[", [Text(column) for column in columns], "]"), before=f"{name}: Final = ")


def _load(recipe: Recipe, source: TableSource, root: str, imports: Imports) -> Iterator[str]:
    imports.name("twinserve.recipes.declared_table", "read_table")
    keywords: dict[str, Node] = {"target": Text(source.target), "task": Text(recipe.task)}
    if source.reading.form:
        keywords["form"] = Text(source.reading.form)
    if source.reading.header is not None:
        keywords["header"] = repr(source.reading.header)
    if source.reading.null_values:
        keywords["null_values"] = sequence("[", [Text(word) for word in source.reading.null_values], "]")
    yield "def load() -> Table:"
    yield from docstring(
        "The rows that have a target.",
        "A fifth of them is held out: a hash of a row's content decides, and it stays on its side when others come.",
        INDENT,
    )
    yield from lines(call("read_table", "DATA", root, **keywords), INDENT, "return ")


def _recipe(recipe: Recipe, source: TableSource, root: str) -> Iterator[str]:
    file = Path(source.location).name
    others = [name for name in metrics(recipe.task) if name != recipe.metric]
    yield f"{CONSTANT}: Final = Recipe("
    yield f"{INDENT}name={literal(recipe.name)},"
    yield f"{INDENT}task={literal(recipe.task)},"
    yield f"{INDENT}input={root},"
    yield f"{INDENT}load=load,"
    yield f"{INDENT}candidates=candidates,"
    yield f"{INDENT}metric={literal(recipe.metric)},  # It decides; or {', '.join(others)}."
    use = Text(f"Predicts {source.target!r} for rows like those of {file}. {UNSTATED}")
    yield from lines(use, INDENT, "intended_use=", ",")
    yield ")"
