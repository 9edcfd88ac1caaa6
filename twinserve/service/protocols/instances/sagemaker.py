"""SageMaker: `/ping` and `/invocations`, as MLflow's server has them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.documented import documented
from twinserve.service.protocols.instances.document import describe_invocations
from twinserve.service.protocols.instances.mlflow import UNDOCUMENTED, ready

SAGEMAKER: Final = documented(
    replace(
        UNDOCUMENTED,
        name="sagemaker",
        routes=(
            Route("sagemaker_ping", "/ping", READ, None, "SageMaker: readiness", is_probe=True),
            Route("sagemaker_invocations", "/invocations", ("POST",), "predict", "SageMaker: predict", "predict"),
        ),
        reads={"sagemaker_ping": ready},
    ),
    "SageMaker",
    partial(describe_invocations, "SageMaker"),
)
