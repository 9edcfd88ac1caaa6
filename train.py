"""Train a model, prove it and put it into service.

python train.py                                      the default model, which needs no file
python train.py --data loans.csv --target defaulted  any table: CSV, Parquet or JSON Lines
python train.py --recipe mine.loans:recipe           a recipe of your own
python train.py list | show 3 | diff 2 3 | promote 2 | rollback | verify | prune --keep 5
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from twinserve.cli.train_command import run
from twinserve.cli.train_options import Knobs

if TYPE_CHECKING:
    from twinserve.release.steps import Steps, Trained

RECIPES: Final = {"tumor": "model.tumor:TUMOR"}
"""The recipes of this project: a name, and where it is."""

# ---- knobs: the defaults, each with its reason ----------------------------------------------------------------------
KNOBS: Final = Knobs(
    recipe="tumor",  # Needs no network and no file: the data comes with scikit-learn.
    seed=0,  # Of every random number generator, so that the same data gives the same model.
    artifacts="artifacts",  # Where the servers look, too.
    tolerance=0.02,  # Of the metric; two fits of the same data on a hundred hold-out rows differ by about as much.
    budget=60.0,  # Seconds of --search: about a hundred fits of a small table.
)
# ---------------------------------------------------------------------------------------------------------------------


def train(steps: Steps) -> Trained:
    """Load, split, fit, compile, prove, evaluate, register, promote."""
    # 1. Load the recipe's table.
    table = steps.load()

    # 2. Split it: by class (a hash of a row's content decides), by time, by group, or as the hold-out is given.
    data = steps.split(table)

    # 3. Fit every candidate by cross-validation; improve the best and fit it on all training rows.
    fitted = steps.fit(data)

    # 4. Compile it into an ONNX graph.
    graph = steps.compile(data, fitted)

    # 5. Prove that the graph answers as the pipeline does; else the pipeline itself will serve.
    proved = steps.prove(data, fitted, graph)

    # 6. Evaluate what will serve on the hold-out.
    quality = steps.evaluate(data, fitted, proved)

    # 7. Register it: written, opened as a server would open it, and numbered.
    manifest = steps.register(data, fitted, proved, quality)

    # 8. Promote it if it is not worse than the champion on the same hold-out rows.
    outcome = steps.promote(data)

    return steps.report(data, fitted, manifest, outcome)


if __name__ == "__main__":
    sys.exit(run(train, KNOBS, RECIPES))
