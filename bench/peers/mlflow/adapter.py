"""MLflow's scoring server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.prepared import Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject

SAVE: Final = Path(__file__).parent / "save.py"


def ask(prepared: Prepared, rows: Rows) -> Payload:
    """A table, split into its columns' names and its rows; what is no category was saved as a double."""
    table = [[float(value) if isinstance(value, bool) else value for value in row] for row in rows.table]
    return Payload("/invocations", {"dataframe_split": {"columns": prepared.columns, "data": table}})


def read(reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """A list of probabilities for each row."""
    answers: Sequence[Answer] = reply["predictions"]
    return answers


def _launch(scene: Scene) -> Launch:
    folder = str(scene.scratch / "model")
    save = [str(scene.python), str(SAVE), str(scene.model.pipeline), str(scene.model.folder / "facts.json"), folder]
    serve = [scene.tool("mlflow"), "models", "serve", "--model-uri", folder, "--env-manager", "local"]
    environment = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{scene.scratch}/mlflow.db",
        "PATH": f"{scene.python.parent}:/usr/bin:/bin",
    }
    return Launch([*serve, "--port", str(scene.port), "--workers", "1"], environment, before=save)


SUBJECTS: Final = (
    Subject(
        "mlflow",
        "peer",
        _launch,
        ask,
        read,
        "`mlflow models serve`, a model saved with its signature; one worker",
        environment="mlflow",
        distributions=("mlflow", "fastapi", "uvicorn", "scikit-learn"),
    ),
)
