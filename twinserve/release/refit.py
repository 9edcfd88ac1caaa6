"""A last fit on all rows, for serving: what was judged stays with the version as its twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from twinserve.evaluate.calibration import Calibrated
from twinserve.proof.prove import Proved, compile_model, prove
from twinserve.training.data import Data
from twinserve.training.fit import Fitted, fit_on_everything

OF_TWIN: Final = (
    "Calibrated on the answers of the version's twin, which was not fitted on these rows; the model that serves was, "
    "and is expected to be at least as good."
)


@dataclass(frozen=True)
class Refitted:
    """The model that serves, fitted on all rows."""

    pipeline: Any
    proved: Proved


def refit(fitted: Fitted, data: Data, seed: int) -> Refitted:
    """Fit the same pipeline on all rows, compile it and prove it; raises `CannotTrain`."""
    pipeline = fit_on_everything(fitted, data)
    graph = compile_model(pipeline, data.signature)
    rows = (data.everything.columns, data.holdout.columns)
    return Refitted(pipeline, prove(pipeline, graph, data.signature, data.target, rows, seed))


def of_twin(calibrated: Calibrated) -> Calibrated:
    """The calibration, which says of which model it is."""
    facts = calibrated.facts
    if facts.method == "none":
        return calibrated
    reason = f"{facts.reason} {OF_TWIN}"
    return Calibrated(calibrated.stored, facts.model_copy(update={"reason": reason}))
