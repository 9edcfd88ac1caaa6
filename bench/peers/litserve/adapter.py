"""LitServe, plain and with its batching on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.prepared import Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject, flat

SERVE: Final = Path(__file__).parent / "serve.py"
MAX_BATCH: Final = 64


def _rows(prepared: Prepared, rows: Rows) -> Sequence[Any]:
    return rows.table if prepared.numeric else flat(prepared, rows)


def ask(prepared: Prepared, rows: Rows) -> Payload:
    """A list of rows."""
    return Payload("/predict", {"input": _rows(prepared, rows)})


def ask_batched(prepared: Prepared, rows: Rows) -> Payload:
    """One row, as the server makes the batches."""
    return Payload("/predict", {"input": _rows(prepared, rows)[0]})


def read(reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """A list of probabilities for each row, or one such list."""
    output: Sequence[Any] = reply["output"]
    return output if isinstance(output[0], list) else [output]


def _launch(scene: Scene, max_batch: int) -> Launch:
    numeric = scene.model.numeric
    pipeline = scene.model.pipeline_of_arrays if numeric else scene.model.pipeline
    form = "matrix" if numeric else "rows"
    return Launch([str(scene.python), str(SERVE), str(pipeline), str(scene.port), form, str(max_batch)])


SUBJECTS: Final = (
    Subject(
        "litserve",
        "peer",
        lambda scene: _launch(scene, 1),
        ask,
        read,
        "a LitAPI with setup, decode, predict, encode; one worker",
        environment="litserve",
        distributions=("litserve", "fastapi", "uvicorn", "scikit-learn"),
    ),
    Subject(
        "litserve-batching",
        "peer",
        lambda scene: _launch(scene, MAX_BATCH),
        ask_batched,
        read,
        f"the same with `max_batch_size={MAX_BATCH}`, `batch_timeout=0.005`",
        environment="litserve",
        distributions=("litserve",),
        batches=False,
    ),
)
