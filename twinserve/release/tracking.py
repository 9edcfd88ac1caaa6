"""A finished training as a run of MLflow, where that is installed; nothing here loads it before it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from twinserve.errors import AskedWrongly
from twinserve.notes import Note

if TYPE_CHECKING:
    from twinserve.release.steps import Trained

LONGEST: Final = 500
"""Characters of a parameter's value."""
AT_ONCE: Final = 100
"""Parameters in a request."""
CHOSEN: Final = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")


def require_mlflow() -> None:
    """Raise `AskedWrongly` where MLflow is not installed; it is not loaded."""
    if importlib.util.find_spec("mlflow") is None:
        raise AskedWrongly("Tracking needs MLflow, which is not installed here: pip install mlflow-skinny, or mlflow.")


def track(trained: Trained) -> Note:
    """Write parameters, metrics and the version to a run; says which, or why it failed, as the version is there."""
    try:
        run, experiment = _write(trained)
    except Exception as error:  # A server that is not there, or anything else of a library that is not ours.
        why = f"a {type(error).__name__} ended it; the version is registered all the same"
        return Note("warning", None, f"the run could not be written to MLflow: {why}")
    return Note("fact", None, f"written to MLflow as run {run} of the experiment {experiment}")


def _write(trained: Trained) -> tuple[str, str]:
    mlflow: Any = importlib.import_module("mlflow")  # By its name: no extra brings it.
    facts = trained.manifest
    nested = mlflow.active_run() is not None
    experiment = None if nested or _is_chosen() else _experiment(mlflow, facts.name)
    with mlflow.start_run(
        experiment_id=experiment, run_name=f"{facts.name} {trained.version}", nested=nested, tags=dict(_tags(trained))
    ) as run:
        parameters = list(_parameters(facts.training.parameters, facts.training.estimator).items())
        for first in range(0, len(parameters), AT_ONCE):
            mlflow.log_params(dict(parameters[first : first + AT_ONCE]))
        mlflow.log_metrics(dict(_metrics(trained)))
        return run.info.run_id, mlflow.get_experiment(run.info.experiment_id).name


def _is_chosen() -> bool:
    """Does a variable of MLflow name the experiment?"""
    variables: Any = importlib.import_module("mlflow.environment_variables")
    return any(getattr(variables, name).get() for name in CHOSEN)


def _experiment(mlflow: Any, name: str) -> str:
    """The number of the experiment with the model's name, which is made where there is none."""
    known = mlflow.get_experiment_by_name(name)
    return str(mlflow.create_experiment(name) if known is None else known.experiment_id)


def _parameters(parameters: Mapping[str, Any], estimator: str) -> Mapping[str, str]:
    named = {re.sub(r"[^\w\-. /]", "_", name): str(value)[:LONGEST] for name, value in parameters.items()}
    return {"estimator": estimator} | named


def _metrics(trained: Trained) -> Iterator[tuple[str, float]]:
    facts = trained.manifest
    for name, value in facts.metrics.items():
        yield name, value
        for end, figure in zip(("low", "high"), facts.intervals.get(name, ()), strict=False):
            yield f"{name}_{end}", figure
        if name in facts.baseline:
            yield f"{name}_baseline", facts.baseline[name]


def _tags(trained: Trained) -> Iterator[tuple[str, str]]:
    training = trained.manifest.training
    yield "twinserve.model", trained.manifest.name
    yield "twinserve.version", str(trained.version)
    yield "twinserve.folder", str(trained.folder.absolute())
    yield "twinserve.promoted", str(trained.is_champion).lower()
    yield "twinserve.data_fingerprint", training.data_fingerprint
    yield "twinserve.seed", str(training.seed)
    if training.git_commit is not None:
        yield "mlflow.source.git.commit", training.git_commit
