"""Train a model, prove it and put it into service.

python train.py                                      the default model, which needs no file
python train.py --data loans.csv --target defaulted  any table: CSV, Parquet or JSON Lines
python train.py --recipe mine.loans:recipe           a recipe of your own
python train.py list | show 3 | diff 2 3 | promote 2 | rollback | verify | prune --keep 5
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from twinserve.cli import train_options

if TYPE_CHECKING:
    from twinserve.cli.report import Trained
    from twinserve.recipes import Recipe

RECIPES: Final = {"tumor": "model.tumor:TUMOR"}
"""This project's own, by name: where each is."""

# ---- knobs: the defaults, each with its reason ----------------------------------------------------------------------
KNOBS: Final = train_options.Knobs(
    recipe="tumor",  # Needs no network and no file: the data comes with scikit-learn.
    seed=0,  # Every source of chance starts here, so the same data gives the same model.
    artifacts="artifacts",  # Where the servers look, too.
    tolerance=0.02,  # Of the metric; two fits of the same data on a hundred hold-out rows differ by about as much.
    budget=60.0,  # Seconds of --search: about a hundred fits of a small table.
)
# ---------------------------------------------------------------------------------------------------------------------

FAILURE, USAGE, HELD_BACK = 1, 2, 3
Progress = Callable[[str], None]


def main() -> int:
    """Run a training or another verb; the exit code is one of those that `--help` lists."""
    signal.signal(signal.SIGTERM, _interrupt)
    stage = Stage()
    try:
        if sys.argv[1:2] and sys.argv[1] in train_options.VERBS:
            return _run_verb(train_options.verb(KNOBS))
        return _run_training(train_options.training(KNOBS), stage)
    except Unheard as error:
        return _end(FAILURE, str(error))
    except OSError as error:
        return _end(FAILURE, f"{error.strerror or error}: {error.filename or 'the store'}; {stage}.")
    except KeyboardInterrupt:
        return _end(FAILURE, f"Interrupted; {stage}.")


@dataclass
class Stage:
    """How far a training has come, for whoever interrupts it."""

    registered: int | None = None
    promoted: bool = False

    def __str__(self) -> str:
        if self.registered is None:
            return "nothing was changed"
        if self.promoted:
            return f"version {self.registered} is registered and the champion"
        return f"version {self.registered} is registered, and the champion is as it was"


class Unheard(Exception):
    """All is done, and nobody takes the report."""


def _run_training(options: argparse.Namespace, stage: Stage) -> int:
    with _progress() as progress:
        progress("importing scikit-learn")
        from twinserve.errors import AskedWrongly, ModelError

        try:
            trained = train(options, progress, stage)
        except AskedWrongly as error:
            return _end(USAGE, str(error))
        except ModelError as error:
            return _end(FAILURE, str(error))
    with _to_standard_output(str(stage)):
        _print(trained, as_json=options.json)
    return HELD_BACK if options.promote and not trained.outcome.promoted else 0


def train(options: argparse.Namespace, progress: Progress, stage: Stage) -> Trained:
    """Load, split, fit, judge, compile, prove, register, promote."""
    from twinserve.cli.report import Trained
    from twinserve.release.gate import Terms
    from twinserve.release.nulls import null_notes
    from twinserve.release.packaging import Lineage, package
    from twinserve.release.promotion import Facing, face
    from twinserve.release.same_source import require_same_source
    from twinserve.store.artifact import Trust
    from twinserve.store.registry import Registry
    from twinserve.training.data import noted, split
    from twinserve.training.fit import fit

    started = time.monotonic()

    # 1. Load the table and split it: a row's content decides its side.
    progress("loading")
    recipe = _recipe(options)
    registry = Registry(Path(options.artifacts), options.name or recipe.name)
    data = split(recipe)
    if not (options.data or options.recipe):
        data = noted(data, require_same_source(registry, recipe.name, data.source))
    with registry.staging():
        pass  # A store that cannot be written to is better known now than after the training.

    # 2. Fit every candidate by cross-validation; improve and refit the best.
    seconds = options.budget if options.search else 0.0
    fitted = fit(
        recipe,
        data,
        seed=options.seed,
        progress=progress,
        search_seconds=seconds,
        out_of_range=options.out_of_range,
    )

    data = noted(data, null_notes(fitted.pipeline, data))

    # 3. Compile it and prove the result equal; judge it on the hold-out; open it as a server would; number it.
    progress("proving and registering")
    lineage = Lineage(options.seed, _git_commit())
    version, facts = package(registry, recipe, data, fitted, lineage, seal_key=options.seal_key)
    stage.registered = version

    # 4. Let it face the champion on the same hold-out rows; put it into service if it is not worse.
    progress("comparing with the champion")
    terms = Terms(options.tolerance, options.allow_breaking, options.allow_fallback)
    facing = Facing(
        terms, options.seed, Trust(options.trust_pickles, max_artifact=options.max_artifact), options.promote
    )
    outcome = face(registry, version, data.holdout, facing)
    stage.promoted = outcome.promoted
    return Trained(recipe, data, fitted, facts, version, registry.path(version), outcome, time.monotonic() - started)


def _run_verb(options: argparse.Namespace) -> int:
    from twinserve.cli.verbs import VERBS as DONE_BY
    from twinserve.cli.verbs import Asked
    from twinserve.errors import AskedWrongly, ModelError
    from twinserve.store.artifact import Trust
    from twinserve.store.registry import Registry

    try:
        registry = Registry(Path(options.artifacts), options.name or KNOBS.recipe)
        trust = Trust(options.trust_pickles, options.seal_key, options.max_artifact)
        asked = Asked(tuple(options.versions), options.keep, trust)
        said = DONE_BY[options.verb][0](registry, asked)
    except AskedWrongly as error:
        return _end(USAGE, str(error))
    except ModelError as error:
        return _end(FAILURE, str(error))
    text = json.dumps(said.values) if options.json else "\n".join(said.lines)
    with _to_standard_output(f"{options.verb} was done all the same"):
        print(text)  # noqa: T201  # What the verb was asked for.
    return 0 if said.done else FAILURE


def _recipe(options: argparse.Namespace) -> Recipe:
    """The recipe by its name, of somebody's own module, or made for a table."""
    if options.data is None:
        from twinserve.recipes import find

        sys.path.insert(0, str(Path.cwd()))  # `--recipe package.module:recipe` may live where the command is run.
        return find(options.recipe or KNOBS.recipe, RECIPES)
    from twinserve.recipes import table_file
    from twinserve.recipes.table import TableOptions, table_recipe

    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    source = "standard input" if options.data == "-" else Path(options.data).name
    table_options = TableOptions(options.target, options.task, options.metric, options.keep_leaks)
    return table_recipe(options.name, frame, table_options, source)


def _print(trained: Trained, *, as_json: bool) -> None:
    from rich.console import Console

    from twinserve.cli import report

    if as_json:
        print(json.dumps(report.as_json(trained), allow_nan=False))  # noqa: T201  # What --json is for.
    else:
        report.show(trained, Console(highlight=False))


@contextmanager
def _to_standard_output(done: str) -> Iterator[None]:
    """What is printed in here has to be taken; a full disk or a closed pipe must not pass for a failure of the work."""
    try:
        yield
        print(end="", flush=True)  # noqa: T201  # Now, not when Python ends.
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # What is left must not fail once more.
        raise Unheard(f"Standard output cannot be written to ({error.strerror}); {done}.") from None


@contextmanager
def _progress() -> Iterator[Progress]:
    """What is going on, on standard error: one changing line in a terminal, a line for each step elsewhere."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda step: console.print(step, markup=False, soft_wrap=True)
        return
    with console.status("starting") as status:
        yield lambda step: status.update(step)


def _git_commit() -> str | None:
    here = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)  # noqa: S607  # Whichever git the user has.
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(code: int, sentence: str) -> int:
    print(f"train.py: {sentence}", file=sys.stderr)  # noqa: T201  # The command's own voice.
    return code


if __name__ == "__main__":
    sys.exit(main())
