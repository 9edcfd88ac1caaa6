"""SageMaker: `/ping` and `/invocations`, as MLflow's server has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.instances.mlflow import MLFLOW, ready

SAGEMAKER: Final = replace(
    MLFLOW,
    name="sagemaker",
    routes=(
        Route("sagemaker_ping", "/ping", READ, None, "SageMaker: readiness", is_probe=True),
        Route("sagemaker_invocations", "/invocations", ("POST",), "predict", "SageMaker: predict", "predict"),
    ),
    reads={"sagemaker_ping": ready},
)
