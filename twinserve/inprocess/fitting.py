"""`fit`: a model from a DataFrame, as `twinserve train --data` makes it from a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinserve import bounds
from twinserve.errors import AskedWrongly
from twinserve.inprocess import arguments
from twinserve.inprocess.model import Model
from twinserve.inprocess.progress import ShownSteps
from twinserve.inprocess.wording import in_python, python_wording
from twinserve.metric import TOLERANCE, Metric
from twinserve.recipes.column_choices import ColumnChoices, Names
from twinserve.recipes.decision import Costs, Decision
from twinserve.recipes.split import Split
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.release.git_commit import git_commit
from twinserve.release.steps import Choices, Progress, Steps, Trained, train
from twinserve.store import seal
from twinserve.store.artifact import Trust, open_version
from twinserve.store.given_path import given_path
from twinserve.store.models import name_from
from twinserve.store.registry import Registry
from twinserve.tables.cells import Cells

if TYPE_CHECKING:
    import pandas as pd

    from twinserve.metric import Task
    from twinserve.signature.signature import OutOfRange

SOURCE: Final = "a DataFrame"
WARNED: Final = ("leak", "dropped", "warning")
"""The kinds of notes of which a warning tells."""


class TrainingWarning(UserWarning):
    """What a training should tell the person who asked for it."""


def fit(
    df: pd.DataFrame,
    target: str | Sequence[str],
    *,
    name: str | None = None,
    task: Task | None = None,
    metric: str | Metric | None = None,
    artifacts: str | Path = "artifacts",
    seed: int = 0,
    promote: bool = True,
    search_seconds: float = 0,
    progress: Progress | bool | None = True,
    keep_leaks: bool = False,
    time: str | None = None,
    group: str | None = None,
    stratify: bool = False,
    holdout: pd.DataFrame | None = None,
    drop: Names = (),
    id: Names = (),  # noqa: A002  # As the option is called.
    category: Names = (),
    number: Names = (),
    text: Names = (),
    date: Names | Mapping[str, str | None] = (),
    nullable: Names = (),
    weight: str | None = None,
    estimator: Names = (),
    threshold: float | None = None,
    costs: Mapping[str, float] | None = None,
    positive: str | None = None,
    refit: bool = False,
    track: bool = False,
    null_values: Sequence[str] = (),
    out_of_range: OutOfRange = "warn",
    tolerance: float = TOLERANCE,
    allow_breaking: bool = False,
    allow_fallback: bool = False,
    allow_weak: bool = False,
    publish_rows: bool = False,
    release: bool = False,
    source: str = SOURCE,
    seal_key: str | Path | None = None,
    trust_pickles: bool = False,
    max_artifact: int = bounds.ARTIFACT,
) -> Model:
    """Learn a column of a table, or several, from the others, register the model as a version, and give that, opened.

    The arguments are the options of `twinserve train --data`, `holdout` being a table; the same table gives the same
    model. `drop`, `category` and the like take a column or several, `date` also a mapping from columns to formats;
    `costs` is `{"FN": 10, "FP": 1}`. `name` is the target's by default. `metric` is a name, or a `Metric` of your own.
    `refit` fits once more on all rows, for serving, after the judging. `track` writes parameters, metrics and version
    to MLflow. `progress` is called with the name of each step, `print` for example; by default the steps of a training
    that takes more than two seconds are shown on standard error, with None or False nowhere. `source` is where the rows
    come from, for the model card; the manifest also names the git commit of the current folder. `seal_key` is a file
    with the private key that seals the version. `trust_pickles` and `max_artifact` are for the champion, which is
    opened to compare with.

    The version becomes the champion if it passes the gate, unless a rollback holds the champion and `release` is false.
    A `TrainingWarning` says so if it does not, and names each column that was left out; `model.trained` holds
    everything that the command's report shows. Where a version has the same result, that one is given and no other is
    made. Raises `AskedWrongly` (a `ModelError`) for a table or a target that cannot be learned from.
    """
    arguments.require_types(metric, threshold, costs)
    wanted = arguments.listed(target)  # Texts, as of a table whose columns have numbers for names.
    table = arguments.with_text_names(df, wanted)
    registry = Registry(Path(artifacts), name or _name(" ".join(wanted)))
    trust = Trust(trust_pickles, max_artifact=max_artifact)
    choices = Choices(
        seed=seed,
        search_seconds=search_seconds,
        out_of_range=out_of_range,
        tolerance=tolerance,
        allow_breaking=allow_breaking,
        allow_fallback=allow_fallback,
        allow_weak=allow_weak,
        publish_rows=publish_rows,
        track=track,
        release=release,
        promote=promote,
        seal_key=_private_key(seal_key),
        trust=trust,
        git_commit=git_commit(Path.cwd()),
    )
    shown: AbstractContextManager[Progress] = (
        ShownSteps() if progress is True else nullcontext(progress or (lambda _: None))
    )
    with _telling_of_python(), shown as told_steps:
        split = Split(arguments.text(time), arguments.text(group), stratify)
        columns = ColumnChoices(
            drop=arguments.listed(drop),
            id=arguments.listed(id),
            category=arguments.listed(category),
            number=arguments.listed(number),
            text=arguments.listed(text),
            date=arguments.dates(date),
            nullable=arguments.listed(nullable),
            weight=arguments.text(weight),
        )
        estimators = tuple(name.strip() for text in arguments.listed(estimator) for name in text.split(","))
        decision = Decision(positive, threshold, None if costs is None else Costs.of(costs))
        others = arguments.held_out(holdout, wanted)
        cells = Cells(null_values=tuple(null_values))
        choices_of_table = (task, metric, keep_leaks, split, others, columns, estimators, decision, cells)
        wish = TableOptions(wanted[0], *choices_of_table, more_targets=tuple(wanted[1:]))
        recipe = table_recipe(registry.name, table, wish, source)
        notes = tuple(replace(note, sentence=in_python(note.sentence)) for note in recipe.notes)
        recipe = replace(recipe, notes=notes, refit=refit)
        trained = _reworded(train(Steps(recipe, registry, choices, told_steps)))
    for line in told(trained, promote=promote):
        warnings.warn(line, TrainingWarning, stacklevel=2)
    return Model(open_version(trained.folder, trust), trained.version, out_of_range=out_of_range, trained=trained)


@contextmanager
def _telling_of_python() -> Iterator[None]:
    """Reword the errors of a training for a caller in Python."""
    try:
        with python_wording():
            yield
    except UnicodeEncodeError:
        raise AskedWrongly(
            "The table holds a lone surrogate, which is half a character; repair its text first."
        ) from None


def _reworded(trained: Trained) -> Trained:
    """The training, with its notes and the gate's reason in the words of a call from Python."""
    outcome = trained.outcome
    verdict = replace(outcome.verdict, reason=in_python(outcome.verdict.reason))
    notes = tuple(replace(note, sentence=in_python(note.sentence)) for note in trained.notes)
    return replace(trained, outcome=replace(outcome, verdict=verdict), notes=notes)


def told(trained: Trained, *, promote: bool) -> list[str]:
    """The sentences that need attention: of the table, of the candidates and, where it was asked, of the gate."""
    lines = [str(note) for note in trained.notes if note.kind in WARNED]
    lines += [trained.manifest.too_good.sentence] if trained.manifest.too_good else []
    lines += trained.fitted.warnings
    lines += [f"The candidate {name} failed: {reason}" for name, reason in trained.fitted.failed.items()]
    outcome, version = trained.outcome, trained.version
    if promote and not trained.is_champion:
        lines.append(f"Version {version} is registered and not promoted. {outcome.verdict.reason}")
        if outcome.hold:
            name = trained.manifest.name
            lines.append(f"{outcome.hold}; twinserve.promote({name!r}, {version}) or release=True lets go of it.")
    return lines


def _private_key(path: str | Path | None) -> bytes | None:
    try:
        return None if path is None else seal.read_private_key(given_path(path))
    except seal.BadKey as error:
        raise AskedWrongly(f"seal_key: {str(error).rstrip('.')}.") from None


def _name(target: str) -> str:
    """A model's name from the target's."""
    name = name_from(target)
    if not name:
        raise AskedWrongly(f"The target {target!r} gives no name for the model; give name=.")
    return name
