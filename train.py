"""Train a model, prove it and put it into service.

python train.py                      train the default model and promote it
python train.py --recipe tumor --seed 7 --no-promote
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Final

# ---- knobs: the defaults, each with its reason ----------------------------------------------------------------------
RECIPE: Final = "tumor"  # Needs no network and no file: the data comes with scikit-learn.
SEED: Final = 0  # Every source of chance starts here, so the same data gives the same model.
ARTIFACTS: Final = "artifacts"  # Where the servers look, too.
# ---------------------------------------------------------------------------------------------------------------------

USAGE, FAILURE = 2, 1


def main() -> int:
    """Run a training; the exit code is 0 when it is done, 1 when it failed, 2 when it was asked wrongly."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    from model.errors import ModelError, RegistryError
    from model.recipes.recipe import UnknownRecipe

    try:
        train(options)
    except (UnknownRecipe, RegistryError) as error:
        return _end(USAGE, str(error))
    except ModelError as error:
        return _end(FAILURE, str(error))
    except OSError as error:
        return _end(FAILURE, f"{error.strerror or error}: {error.filename or options.artifacts}; nothing was changed.")
    except KeyboardInterrupt:
        return _end(FAILURE, "Interrupted; nothing was changed.")
    return 0


def train(options: argparse.Namespace) -> None:
    """Load, split, fit, judge, register, promote."""
    from rich.console import Console

    console = Console()
    with console.status("importing scikit-learn"):
        from model import recipes, training
        from model.packaging import Lineage, package
        from model.registry import Registry

    recipe = recipes.find(options.recipe)
    registry = Registry(Path(options.artifacts), options.name or recipe.name)

    with console.status("loading") as status:
        # 1. Load the table and split it: a row's content decides its side.
        data = training.split(recipe)
        console.print(f"rows       {len(data.train)} to learn from, {len(data.holdout)} held out  ({data.source})")

        # 2. Fit every candidate by cross-validation; refit the best.
        fitted = training.fit(recipe, data, seed=options.seed, progress=status.update)
        for name, score in fitted.scores.items():
            console.print(f"candidate  {name:<22} {recipe.metric} {score:.4f}{'  <- chosen' * (name == fitted.name)}")

        # 3. Compile it and prove the result equal; judge it on the hold-out; open it as a server would; number it.
        status.update("proving and registering")
        version, facts = package(registry, recipe, data, fitted, Lineage(options.seed, _git_commit()))
        console.print(f"predictor  {facts.predictor.kind}: {facts.predictor.reason}", soft_wrap=True)
        console.print(
            "hold-out   " + "  ".join(f"{name} {value:.4f}" for name, value in facts.metrics.items()), soft_wrap=True
        )

    # 4. Put it into service.
    if options.promote:
        registry.promote(version)
    console.print(f"version    {version} of {registry.name} in {registry.path(version)}", soft_wrap=True)
    console.print(f"champion   {registry.champion() or 'none yet'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a model, prove it and put it into service.",
        epilog="Exit codes: 0 done, 1 failed, 2 asked wrongly. A failed or interrupted training changes nothing.",
    )
    parser.add_argument("--recipe", default=RECIPE, help="what to predict and how to learn it (default: %(default)s)")
    parser.add_argument(
        "--name",
        default=os.environ.get("TWINSERVE_MODEL"),
        help="the model's name in the store (default: $TWINSERVE_MODEL, else the recipe's name)",
    )
    parser.add_argument(
        "--artifacts",
        default=os.environ.get("TWINSERVE_ARTIFACTS", ARTIFACTS),
        help="the folder of all models (default: $TWINSERVE_ARTIFACTS, else %(default)s)",
    )
    parser.add_argument("--seed", type=_seed, default=SEED, help="where every source of chance starts (default: 0)")
    parser.add_argument(
        "--no-promote", dest="promote", action="store_false", help="register the version and leave the champion alone"
    )
    return parser.parse_args()


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
