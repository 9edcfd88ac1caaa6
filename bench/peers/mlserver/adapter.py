"""MLServer: as it comes, in one process, and with its batching on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from bench.prepared import Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject
from harness.ports import free_port

DATATYPES: Final = {"number": "FP64", "integer": "FP64", "boolean": "BOOL", "category": "BYTES"}
OUTPUTS: Final = [{"name": "predict_proba"}]
BATCHING: Final = {"max_batch_size": 64, "max_batch_time": 0.005}


def ask(prepared: Prepared, rows: Rows) -> Payload:
    """One tensor where all columns are numbers, else a table of columns."""
    path = f"/v2/models/{prepared.name}/infer"
    if prepared.numeric:
        data = [value for row in rows.table for value in row]
        tensor = {"name": "x", "shape": [len(rows.table), len(prepared.columns)], "datatype": "FP64", "data": data}
        return Payload(path, {"inputs": [tensor], "outputs": OUTPUTS})
    columns = zip(prepared.columns, prepared.types, zip(*rows.table, strict=True), strict=True)
    inputs = [_column(name, kind, values) for name, kind, values in columns]
    return Payload(path, {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": OUTPUTS})


def _column(name: str, kind: str, values: Sequence[Any]) -> dict[str, Any]:
    column = {"name": name, "shape": [len(values), 1], "datatype": DATATYPES[kind], "data": values}
    return column | {"parameters": {"content_type": "str"}} if kind == "category" else column


def read(reply: Any, prepared: Prepared) -> Sequence[Answer]:
    """One flat list of probabilities."""
    data, width = reply["outputs"][0]["data"], len(prepared.classes)
    return [data[start : start + width] for start in range(0, len(data), width)]


def _launch(scene: Scene, workers: int | None, model: dict[str, Any]) -> Launch:
    server = {
        "debug": False,
        "host": "127.0.0.1",
        "http_port": scene.port,
        "grpc_port": free_port(),
        "metrics_port": free_port(),
    }
    pipeline = scene.model.pipeline_of_arrays if scene.model.numeric else scene.model.pipeline
    description = {
        "name": scene.model.name,
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(pipeline)},
    }
    settings = server if workers is None else server | {"parallel_workers": workers}
    (scene.scratch / "settings.json").write_text(json.dumps(settings))
    (scene.scratch / "model-settings.json").write_text(json.dumps(description | model))
    return Launch([scene.tool("mlserver"), "start", str(scene.scratch)])


def _subject(name: str, about: str, workers: int | None, model: dict[str, Any], *, batches: bool) -> Subject:
    return Subject(
        name,
        "peer",
        lambda scene: _launch(scene, workers, model),
        ask,
        read,
        about,
        environment="mlserver",
        distributions=("mlserver", "mlserver-sklearn", "fastapi", "uvicorn", "scikit-learn"),
        batches=batches,
    )


SUBJECTS: Final = (
    _subject("mlserver", "`mlserver start`, its defaults: one process beside the server", None, {}, batches=True),
    _subject("mlserver-in-process", "the same with `parallel_workers=0`", 0, {}, batches=True),
    _subject(
        "mlserver-batching",
        "the same with `max_batch_size=64`, `max_batch_time=0.005`, in process",
        0,
        BATCHING,
        batches=False,
    ),
)
