"""Train a model, prove it and put it into service.

python train.py                                      the default model, which needs no file
python train.py --data loans.csv --target defaulted  any table: CSV, Parquet or JSON Lines
python train.py --recipe mine.loans:recipe           a recipe of your own
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model.recipes import Recipe
    from model.report import Trained

# ---- knobs: the defaults, each with its reason ----------------------------------------------------------------------
RECIPE: Final = "tumor"  # Needs no network and no file: the data comes with scikit-learn.
SEED: Final = 0  # Every source of chance starts here, so the same data gives the same model.
ARTIFACTS: Final = "artifacts"  # Where the servers look, too.
BUDGET: Final = 60.0  # Seconds of --search: about a hundred fits of a small table.
# ---------------------------------------------------------------------------------------------------------------------

USAGE, FAILURE = 2, 1
METRICS: Final = ("accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc", "brier", "r2", "rmse", "mae")
Progress = Callable[[str], None]


def main() -> int:
    """Run a training; the exit code is 0 when it is done, 1 when it failed, 2 when it was asked wrongly."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _progress() as progress:
            progress("importing scikit-learn")
            from model.errors import AskedWrongly, ModelError, RegistryError

            try:
                trained = train(options, progress)
            except (AskedWrongly, RegistryError) as error:
                return _end(USAGE, str(error))
            except ModelError as error:
                return _end(FAILURE, str(error))
    except OSError as error:
        return _end(FAILURE, f"{error.strerror or error}: {error.filename or options.artifacts}; nothing was changed.")
    except KeyboardInterrupt:
        return _end(FAILURE, "Interrupted; nothing was changed.")
    _print(trained, as_json=options.json)
    return 0


def train(options: argparse.Namespace, progress: Progress) -> Trained:
    """Load, split, fit, judge, register, promote."""
    from model import training
    from model.packaging import Lineage, package
    from model.registry import Registry
    from model.report import Outcome, Trained

    started = time.monotonic()

    # 1. Load the table and split it: a row's content decides its side.
    progress("loading")
    recipe = _recipe(options)
    registry = Registry(Path(options.artifacts), options.name or recipe.name)
    data = training.split(recipe)

    # 2. Fit every candidate by cross-validation; improve and refit the best.
    seconds = options.budget if options.search else 0.0
    fitted = training.fit(recipe, data, seed=options.seed, progress=progress, search_seconds=seconds)

    # 3. Compile it and prove the result equal; judge it on the hold-out; open it as a server would; number it.
    progress("proving and registering")
    version, facts = package(registry, recipe, data, fitted, Lineage(options.seed, _git_commit()))

    # 4. Put it into service.
    if options.promote:
        registry.promote(version)
    reason = "as asked" if options.promote else "--no-promote"
    outcome = Outcome(options.promote, reason, registry.champion())
    return Trained(recipe, fitted, facts, version, registry.path(version), outcome, time.monotonic() - started)


def _recipe(options: argparse.Namespace) -> Recipe:
    """The recipe by its name, of somebody's own module, or made for a table."""
    if options.data is None:
        from model.recipes import find

        sys.path.insert(0, str(Path.cwd()))  # `--recipe package.module:recipe` may live where the command is run.
        return find(options.recipe or RECIPE)
    from model import table_file
    from model.recipes.table import Wish, table_recipe

    frame = table_file.read(options.data, options.format, sys.stdin.buffer)
    source = "standard input" if options.data == "-" else Path(options.data).name
    wish = Wish(options.target, options.task, options.metric, options.keep_leaks)
    return table_recipe(options.name or _model_name(options.data), frame, wish, source)


def _model_name(location: str) -> str:
    """A model's name from a file's: `Loans 2024.csv` gives `loans-2024`."""
    name = re.sub(r"[^a-z0-9_]+", "-", Path(location).stem.lower()).strip("-_")
    return name[:64] or "table"


def _print(trained: Trained, *, as_json: bool) -> None:
    from rich.console import Console

    from model import report

    if as_json:
        print(json.dumps(report.as_json(trained), allow_nan=False))  # noqa: T201  # What --json is for.
    else:
        report.show(trained, Console(highlight=False))


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a model, prove it and put it into service.",
        epilog="Exit codes: 0 done, 1 failed, 2 asked wrongly. A failed or interrupted training changes nothing.",
    )
    _what(parser.add_argument_group("what to learn"))
    _how(parser.add_argument_group("how"))
    _where(parser.add_argument_group("where to"))
    options = parser.parse_args()
    if options.data is not None and options.target is None:
        parser.error("--data needs --target, the column to predict")
    if options.data is not None and options.recipe is not None:
        parser.error("--data and --recipe are two ways to say what to learn; give one")
    if options.data is None and (options.target or options.task or options.metric or options.format):
        parser.error("--target, --task, --metric and --format belong to --data")
    return options


def _what(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--recipe", help=f"a recipe by name, or yours as package.module:name (default: {RECIPE})")
    group.add_argument("--data", metavar="FILE", help="a table to learn from; - reads standard input")
    group.add_argument("--target", metavar="COLUMN", help="the column of the table to predict")
    group.add_argument("--format", choices=("csv", "parquet", "jsonl"), help="the table's form (default: its ending)")
    group.add_argument("--task", choices=("classification", "regression"), help="default: guessed from the target")
    group.add_argument("--keep-leaks", action="store_true", help="learn even from columns that repeat the target")


def _how(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--metric", choices=METRICS, help="what decides (default: log_loss, or rmse for a regression)")
    group.add_argument("--search", action="store_true", help="try the candidates' hyper-parameters, too")
    group.add_argument(
        "--budget", type=float, default=BUDGET, metavar="SECONDS", help="of --search (default: %(default)s)"
    )
    group.add_argument("--seed", type=_seed, default=SEED, help="where every source of chance starts (default: 0)")


def _where(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--name",
        default=os.environ.get("TWINSERVE_MODEL"),
        help="the model's name in the store (default: $TWINSERVE_MODEL, else the recipe's or the file's name)",
    )
    group.add_argument(
        "--artifacts",
        default=os.environ.get("TWINSERVE_ARTIFACTS", ARTIFACTS),
        help="the folder of all models (default: $TWINSERVE_ARTIFACTS, else %(default)s)",
    )
    group.add_argument(
        "--no-promote", dest="promote", action="store_false", help="register the version and leave the champion alone"
    )
    group.add_argument("--json", action="store_true", help="print the outcome as one JSON document")


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError("a seed is a whole number from 0 to 4294967295")
    return int(text)


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
