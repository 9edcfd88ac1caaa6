"""How sure a version's predictions are, calibrated on its hold-out."""

from __future__ import annotations

import numpy as np

from twinserve.conformal.stored import StoredDifficulty
from twinserve.errors import CannotTrain
from twinserve.evaluate.calibration import Calibrated, calibrate, no_coverage
from twinserve.evaluate.difficulty import fit_difficulty
from twinserve.predict.answers import ask
from twinserve.predict.predictor import Predictions, Predictor
from twinserve.store.manifest import EvaluatedOn
from twinserve.training.data import Data


def calibrate_on_holdout(
    predictor: Predictor, data: Data, out_of_fold: Predictions | None, evaluated_on: EvaluatedOn, seed: int
) -> Calibrated:
    """The coverage of this predictor's intervals or sets; that none can be promised where no row was held out.

    `out_of_fold` are predictions for the training rows from fits that did not see them; without them the predictor
    itself is asked. Raises `CannotTrain` where it has no answer to a row that was held out."""
    if data.target.uncovered is not None:
        return no_coverage(data.target.uncovered)
    if evaluated_on != "held-out rows":
        return no_coverage("The model came without rows that it was not fitted on.")
    answers = ask(predictor, data.holdout.columns)
    if answers.predictions is None or not answers.given.all():
        raise CannotTrain("The model has no prediction for some held-out rows; leave them out.")
    trees = _difficulty(predictor, data, out_of_fold, seed)
    return calibrate(answers.predictions, data.holdout.y_true, data.holdout.columns.matrix, trees, data.classes, seed)


def _difficulty(
    predictor: Predictor, data: Data, out_of_fold: Predictions | None, seed: int
) -> StoredDifficulty | None:
    """The trees by which intervals may be scaled; None for a classification."""
    if data.classes is not None or not len(data.train):
        return None
    if out_of_fold is not None and out_of_fold.values is not None and len(out_of_fold.values) == len(data.train):
        return fit_difficulty(data.train.columns.matrix, out_of_fold.values, data.train.y_true, seed)
    answers = ask(predictor, data.train.columns)
    if answers.predictions is None or answers.predictions.values is None:
        return None
    given = np.flatnonzero(answers.given)
    return fit_difficulty(data.train.columns.matrix[given], answers.predictions.values, data.train.y_true[given], seed)
