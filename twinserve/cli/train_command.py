"""The commands `train.py` and `twinserve train`: a training from its options to its report and exit code."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from twinserve.cli import verbs
from twinserve.cli.command import HELD_BACK, Command, end_if_asked, guarded, reporting
from twinserve.cli.options.shared import LIST, chosen_estimators
from twinserve.cli.train_options import Knobs, require_consistent, training_parser
from twinserve.cli.version_verbs import VERBS

if TYPE_CHECKING:
    from twinserve.release.steps import Choices, Steps, Trained

Train = Callable[["Steps"], "Trained"]
Progress = Callable[[str], None]


class Releasing(Protocol):
    """What makes a version: `Steps` of a training, or an import."""

    def changed(self) -> str:
        """What has been changed so far, for the sentence of an interruption."""


Begin = Callable[[Progress], tuple[Releasing, Callable[[], "Trained"]]]
"""Makes what makes a version, and the function that runs it."""
NO_RECIPES: Final[Mapping[str, str]] = MappingProxyType({})


def command(_verb: str, program: str) -> Command:
    """`twinserve train`."""
    return training(program, library_steps, Knobs(), NO_RECIPES)


def library_steps(steps: Steps) -> Trained:
    """The steps as the library has them; a project's `train.py` spells them out."""
    from twinserve.release.steps import train

    return train(steps)


def run(train: Train, knobs: Knobs, recipes: Mapping[str, str]) -> int:
    """Run a training or another verb by the command line of a project's `train.py`; returns the exit code."""
    program, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    if arguments and arguments[0] in VERBS:
        verb = arguments[0]
        return verbs.on_versions(verb, f"{program} {verb}", knobs).main(arguments[1:])
    usage = f"{program} [options]\n       {program} {{{','.join(VERBS)}}} ... ({program} list --help)"
    return training(program, train, knobs, recipes, usage).main(arguments)


def training(program: str, train: Train, knobs: Knobs, recipes: Mapping[str, str], usage: str | None = None) -> Command:
    """The command that runs `train` with the steps that its options describe."""
    parser = training_parser(program, knobs, usage)

    def act(options: argparse.Namespace) -> int:
        if LIST in chosen_estimators(options):
            return _list_estimators()
        require_consistent(parser, options, knobs)
        return _train(program.partition(" ")[0], train, options, knobs, recipes)

    return Command(parser, act)


def _list_estimators() -> int:
    from twinserve.recipes.named_estimators import names_of

    with reporting("nothing was changed"):
        for task in ("classification", "regression"):
            print(f"{task}: {', '.join(names_of(task))}")  # noqa: T201  # What was asked for.
    return 0


def _train(program: str, train: Train, options: argparse.Namespace, knobs: Knobs, recipes: Mapping[str, str]) -> int:
    def begin(progress: Progress) -> tuple[Steps, Callable[[], Trained]]:
        from twinserve.cli.options.chosen_recipe import chosen_recipe
        from twinserve.release.steps import Steps
        from twinserve.store.registry import Registry

        recipe = chosen_recipe(options, knobs.recipe, recipes)
        registry = Registry(Path(options.artifacts), options.name or recipe.name)
        project = Path(sys.argv[0]).parent if sys.argv[0].endswith(".py") else Path.cwd()
        budget = knobs.budget if options.budget is None else options.budget
        more: dict[str, Any] = {"search_seconds": budget} if options.search else {}
        more |= {
            "publish_rows": options.publish_rows,
            "track": options.track,
            "only_named": not (options.data or options.recipe),
        }
        steps = Steps(recipe, registry, release_choices(options, project, **more), progress)
        return steps, lambda: train(steps)

    return run_release(program, options, begin)


def run_release(program: str, options: argparse.Namespace, begin: Begin) -> int:
    """Begin and run what makes a version, with its steps shown, and print its report; returns the exit code."""
    begun: list[Releasing] = []

    def changed() -> str:
        return begun[0].changed() if begun else "nothing was changed"

    def work() -> int:
        from twinserve.service.process.temporary import require_temporary_folder

        require_temporary_folder()  # Matplotlib and joblib write to it.
        with _progress() as show:

            def progress(step: str) -> None:
                end_if_asked()
                show(step)

            progress("importing scikit-learn")
            releasing, run = begin(progress)
            begun.append(releasing)
            trained = run()
        with reporting(changed()):
            _print_report(trained, as_json=options.json)
        return HELD_BACK if options.promote and not trained.is_champion else 0

    return guarded(program, work, changed)


def release_choices(options: argparse.Namespace, project: Path, **more: Any) -> Choices:
    """The choices that a training and an import share; `project` is the folder whose commit is recorded."""
    from twinserve.release.git_commit import git_commit
    from twinserve.release.steps import Choices
    from twinserve.store.artifact import Trust

    return Choices(
        seed=options.seed,
        out_of_range=options.out_of_range,
        tolerance=options.tolerance,
        allow_breaking=options.allow_breaking,
        allow_fallback=options.allow_fallback,
        allow_weak=options.allow_weak,
        release=options.release,
        promote=options.promote,
        seal_key=options.seal_key,
        trust=Trust(options.trust_pickles, max_artifact=options.max_artifact),
        git_commit=git_commit(project),
        **more,
    )


def _print_report(trained: Trained, *, as_json: bool) -> None:
    from rich.console import Console

    from twinserve.cli import report

    if as_json:
        print(json.dumps(report.as_json(trained), allow_nan=False))  # noqa: T201  # What --json is for.
    else:
        report.show(trained, Console(highlight=False, emoji=False))


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show the steps on standard error: one changing line in a terminal, a line for each step elsewhere."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield partial(console.print, markup=False, soft_wrap=True)
        return
    with console.status("starting") as status:
        yield status.update
