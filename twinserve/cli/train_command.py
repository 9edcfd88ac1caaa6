"""The command `train.py`: runs a training or another verb, prints the outcome and returns the exit code."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from twinserve.cli import train_options
from twinserve.cli.train_options import Knobs

if TYPE_CHECKING:
    from twinserve.cli.report import Trained

FAILURE, USAGE, HELD_BACK = 1, 2, 3
Progress = Callable[[str], None]
"""Called with the name of each step as it begins."""


@dataclass
class Stage:
    """What a training has changed so far, for the sentence when it is interrupted."""

    registered: int | None = None
    promoted: bool = False

    def __str__(self) -> str:
        if self.registered is None:
            return "nothing was changed"
        if self.promoted:
            return f"version {self.registered} is registered and the champion"
        return f"version {self.registered} is registered, and the champion is unchanged"


Train = Callable[[argparse.Namespace, Progress, Stage], "Trained"]


class ReportLost(Exception):
    """The work is done, and its report could not be written to standard output."""


def run(train: Train, knobs: Knobs) -> int:
    """Run a training or another verb, by `sys.argv`; the exit code is one of those that `--help` lists."""
    signal.signal(signal.SIGTERM, _interrupt)
    stage = Stage()
    try:
        if sys.argv[1:2] and sys.argv[1] in train_options.VERBS:
            return _run_verb(train_options.verb(knobs), knobs)
        return _run_training(train, train_options.training(knobs), stage)
    except ReportLost as error:
        return _fail(FAILURE, str(error))
    except OSError as error:
        return _fail(FAILURE, f"{error.strerror or error}: {error.filename or 'the store'}; {stage}.")
    except KeyboardInterrupt:
        return _fail(FAILURE, f"Interrupted; {stage}.")


def _run_training(train: Train, options: argparse.Namespace, stage: Stage) -> int:
    with _progress() as progress:
        progress("importing scikit-learn")
        from twinserve.errors import AskedWrongly, ModelError

        try:
            trained = train(options, progress, stage)
        except AskedWrongly as error:
            return _fail(USAGE, str(error))
        except ModelError as error:
            return _fail(FAILURE, str(error))
    with _reporting(str(stage)):
        _print(trained, as_json=options.json)
    return HELD_BACK if options.promote and not trained.outcome.promoted else 0


def _run_verb(options: argparse.Namespace, knobs: Knobs) -> int:
    from twinserve.cli.verbs import VERBS, Arguments
    from twinserve.errors import AskedWrongly, ModelError
    from twinserve.store.artifact import Trust
    from twinserve.store.registry import Registry

    try:
        registry = Registry(Path(options.artifacts), options.name or knobs.recipe)
        trust = Trust(options.trust_pickles, options.seal_key, options.max_artifact)
        result = VERBS[options.verb][0](registry, Arguments(tuple(options.versions), options.keep, trust))
    except AskedWrongly as error:
        return _fail(USAGE, str(error))
    except ModelError as error:
        return _fail(FAILURE, str(error))
    text = json.dumps(result.values) if options.json else "\n".join(result.lines)
    with _reporting(f"{options.verb} was done nevertheless"):
        print(text)  # noqa: T201  # What the verb was asked for.
    return 0 if result.done else FAILURE


def _print(trained: Trained, *, as_json: bool) -> None:
    from rich.console import Console

    from twinserve.cli import report

    if as_json:
        print(json.dumps(report.as_json(trained), allow_nan=False))  # noqa: T201  # What --json is for.
    else:
        report.show(trained, Console(highlight=False))


@contextmanager
def _reporting(done: str) -> Iterator[None]:
    """Print in here: a full disk or a closed pipe raises `ReportLost` with `done`, which describes what was done."""
    try:
        yield
        print(end="", flush=True)  # noqa: T201  # Now, not when Python ends.
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # What is left must not fail once more.
        raise ReportLost(f"Standard output cannot be written to ({error.strerror}); {done}.") from None


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show the steps on standard error: one changing line in a terminal, a line for each step elsewhere."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda step: console.print(step, markup=False, soft_wrap=True)
        return
    with console.status("starting") as status:
        yield lambda step: status.update(step)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(code: int, sentence: str) -> int:
    print(f"train.py: {sentence}", file=sys.stderr)  # noqa: T201  # The errors of the command.
    return code
