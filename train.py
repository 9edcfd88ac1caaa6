"""Train a model, prove the compiled one equal to it, and promote it if it passes the gate.

python train.py                                      the default model, which needs no file
python train.py --data loans.csv --target defaulted  any table: CSV, Parquet or JSON Lines
python train.py --recipe mine.loans:recipe           a recipe of your own
python train.py list | show 3 | diff 2 3 | promote 2 | rollback | verify | prune --keep 5
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinserve.cli.train_command import Progress, Stage, run
from twinserve.cli.train_options import Knobs

if TYPE_CHECKING:
    from twinserve.cli.report import Trained

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


def train(options: argparse.Namespace, progress: Progress, stage: Stage) -> Trained:
    """Load, split, fit, compile, prove, evaluate, register, promote."""
    from twinserve.cli.chosen_recipe import chosen_recipe
    from twinserve.cli.git_commit import git_commit
    from twinserve.cli.report import Trained
    from twinserve.proof.prove import compile_model, prove
    from twinserve.release.build import Built, Lineage, register, require_writable
    from twinserve.release.gate import Terms
    from twinserve.release.nulls import null_notes
    from twinserve.release.promotion import promote_if_not_worse
    from twinserve.release.quality import evaluate_on_holdout
    from twinserve.release.same_source import require_same_source
    from twinserve.store.artifact import Trust
    from twinserve.store.registry import Registry
    from twinserve.training.data import noted, split
    from twinserve.training.fit import fit

    started, seed = time.monotonic(), options.seed

    # 1. Load the table.
    progress("loading")
    recipe = chosen_recipe(options, KNOBS.recipe, RECIPES)
    registry = Registry(Path(options.artifacts), options.name or recipe.name)
    table = recipe.load()

    # 2. Split it: a hash of a row's content decides whether it is held out.
    data = split(recipe, table)
    if not (options.data or options.recipe):
        data = noted(data, require_same_source(registry, recipe.name, data.source))
    require_writable(registry)  # Better known now than after the training.

    # 3. Fit every candidate by cross-validation; improve the best and fit it on all training rows.
    budget = options.budget if options.search else 0.0
    fitted = fit(recipe, data, seed=seed, progress=progress, search_seconds=budget, out_of_range=options.out_of_range)
    data = noted(data, null_notes(fitted.pipeline, data))

    # 4. Compile it into an ONNX graph.
    progress("compiling")
    graph = compile_model(fitted.pipeline, data.signature)

    # 5. Prove that the graph answers as the pipeline does; else the pipeline itself will serve.
    progress("proving")
    proved = prove(fitted.pipeline, graph, data.signature, data.classes, data.sides, seed)

    # 6. Evaluate what will serve on the hold-out.
    progress("evaluating")
    quality = evaluate_on_holdout(proved.predictor, data, fitted.baseline, seed)

    # 7. Register it: written, opened as a server would open it, and numbered.
    progress("registering")
    lineage = Lineage(seed, git_commit(Path(__file__).parent))
    built = Built(recipe, data, fitted, proved, quality, lineage)
    version, manifest = register(registry, built, seal_key=options.seal_key)
    stage.registered = version

    # 8. Promote it if it is not worse than the champion on the same hold-out rows.
    progress("comparing with the champion")
    terms = Terms(options.tolerance, seed, options.allow_breaking, options.allow_fallback)
    trust = Trust(options.trust_pickles, max_artifact=options.max_artifact)
    outcome = promote_if_not_worse(registry, version, data.holdout, terms, trust=trust, promote=options.promote)
    stage.promoted = outcome.promoted

    return Trained(recipe, data, fitted, manifest, version, registry.path(version), outcome, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(run(train, KNOBS))
