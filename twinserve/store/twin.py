"""The twin of a refitted version: the model fitted before, without the held-out rows, whose figures the version bears.

Only the gate opens it: the model that serves was fitted on all rows, so no row of its table can judge it."""

from __future__ import annotations

from typing import Any, Final

from twinserve.store.pipelines import pipeline_file

MODEL: Final = "twin.onnx"
SKOPS: Final = "twin.skops"
JOBLIB: Final = "twin.joblib"
NAMES: Final = frozenset({MODEL, SKOPS, JOBLIB})


def write(graph: bytes | None, pipeline: Any) -> dict[str, bytes]:
    """The twin's file: its compiled model, or else its pipeline."""
    if graph is not None:
        return {MODEL: graph}
    name, content = pipeline_file.dump(pipeline)
    return {SKOPS if name == pipeline_file.SKOPS else JOBLIB: content}
