"""A table's recipe as a Python module to edit; trained unchanged, it gives the same model to the bit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sklearn.pipeline import Pipeline

from twinserve.metric import names as metrics
from twinserve.notes import Note
from twinserve.recipes.decision import BY_PROBABILITY, Decision
from twinserve.recipes.recipe import Recipe
from twinserve.recipes.split import BY_CLASS, Split
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
from twinserve.scaffold.load_source import TableSource, data_lines, holds_values, left_out_lines, load_lines
from twinserve.scaffold.names import identifier, singular
from twinserve.signature.signature import Signature

CONSTANT: Final = "RECIPE"
"""The name of the recipe in its module."""
UNSTATED: Final = "Not stated yet: who may use the model, for what, and for what it must not be used."


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
    remarks = list(_remarks(recipe.notes, recipe.input.left_out))
    constants = [*left_out_lines(recipe, source), *columns]
    sections: list[Sequence[str]] = [
        list(data_lines(source, imports)),
        classes,
        [*remarks, *([""] if remarks and constants else []), *constants],
        list(load_lines(recipe, source, root, imports)),
        candidates,
        list(_recipe(recipe, source, root, imports)),
    ]
    body = "\n\n\n".join("\n".join(section) for section in sections if section)
    return "\n".join([*_docstring(recipe, source), "", *imports.lines(), "", body, ""])


def _docstring(recipe: Recipe, source: TableSource) -> Iterator[str]:
    file, targets = prose(Path(source.location).name), [prose(name) for name in source.targets]
    asked = " ".join(f"--target {name!r}" for name in targets)
    return docstring(
        f"The model {recipe.name}: its input, and how it learns {' and '.join(map(repr, targets))} from {file}.",
        f"Trained unchanged, it is the model of `twinserve train --data {file} {asked}{source.options}`. "
        "Edit it: say what a field means, in which unit and within which bounds (`Field(description=..., ge=0)`), "
        "take a field out, change the pipelines.",
    )


def _remarks(notes: Sequence[Note], left_out: Collection[str]) -> Iterator[str]:
    """What was found in the columns, as comments, but for those whose reason stands in `LEFT_OUT`."""
    told = [
        note
        for note in notes
        if note.column is not None and not (note.kind in ("dropped", "leak") and note.column in left_out)
    ]
    if told:
        yield "# To be looked at:"
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


def _recipe(recipe: Recipe, source: TableSource, root: str, imports: Imports) -> Iterator[str]:
    file = Path(source.location).name
    of_values = holds_values(recipe) if recipe.task == "multi-output" else None
    others = [name for name in metrics(recipe.task, of_values=of_values) if name != recipe.metric]
    yield f"{CONSTANT}: Final = Recipe("
    yield f"{INDENT}name={literal(recipe.name)},"
    yield f"{INDENT}task={literal(recipe.task)},"
    yield f"{INDENT}input={root},"
    yield f"{INDENT}load=load,"
    yield f"{INDENT}candidates=candidates,"
    yield f"{INDENT}metric={literal(str(recipe.metric))},  # It decides; or {', '.join(others)}."
    use = Text(f"Predicts {source.told} for rows like those of {file}. {UNSTATED}")
    yield from lines(use, INDENT, "intended_use=", ",")
    if recipe.split != BY_CLASS:
        yield from lines(_split(recipe.split, imports), INDENT, "split=", ",")
    if recipe.decision != BY_PROBABILITY:
        yield from lines(_decision(recipe.decision, imports), INDENT, "decision=", ",")
    yield ")"


def _split(split: Split, imports: Imports) -> Node:
    chosen: dict[str, Node] = {name: Text(value) for name, value in vars(split).items() if isinstance(value, str)}
    if split.stratify:
        chosen["stratify"] = "True"
    return call(imports.name("twinserve.recipes", "Split"), **chosen)


def _decision(decision: Decision, imports: Imports) -> Node:
    chosen: dict[str, Node] = {}
    if decision.positive is not None:
        chosen["positive"] = Text(decision.positive)
    if decision.threshold is not None:
        chosen["threshold"] = repr(decision.threshold)
    if (costs := decision.costs) is not None:
        numbers = (repr(costs.false_negative), repr(costs.false_positive))
        chosen["costs"] = call(imports.name("twinserve.recipes", "Costs"), *numbers)
    return call(imports.name("twinserve.recipes", "Decision"), **chosen)
