"""BentoML, plain and with its batching on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.prepared import Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject, flat

HERE: Final = Path(__file__).parent


def ask(prepared: Prepared, rows: Rows) -> Payload:
    """An argument of the method: a list of lists, or of objects."""
    return Payload("/predict", {"rows": rows.table if prepared.numeric else flat(prepared, rows)})


def read(reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """A list of probabilities for each row."""
    answers: Sequence[Answer] = reply
    return answers


def _launch(scene: Scene, suffix: str) -> Launch:
    numeric = scene.model.numeric
    service = ("Matrix" if numeric else "Frame") + suffix
    command = [scene.tool("bentoml"), "serve", f"serve:{service}", "--working-dir", str(HERE)]
    environment = {
        "BENCH_PIPELINE": str(scene.model.pipeline_of_arrays if numeric else scene.model.pipeline),
        "BENTOML_HOME": str(scene.scratch),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    return Launch([*command, "--host", "127.0.0.1", "--port", str(scene.port)], environment)


SUBJECTS: Final = (
    Subject(
        "bentoml",
        "peer",
        lambda scene: _launch(scene, ""),
        ask,
        read,
        "`bentoml serve`, an API that takes an array, or a DataFrame for mixed columns; one worker",
        environment="bentoml",
        distributions=("bentoml", "starlette", "uvicorn", "scikit-learn"),
    ),
    Subject(
        "bentoml-batching",
        "peer",
        lambda scene: _launch(scene, "Batching"),
        ask,
        read,
        "the same with `batchable=True`, `max_batch_size=64`; a list of objects for mixed columns",
        environment="bentoml",
        distributions=("bentoml",),
        batches=False,
    ),
)
