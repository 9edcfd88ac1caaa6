"""vetiver, which answers with labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.prepared import Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject, flat

SERVE: Final = Path(__file__).parent / "serve.py"


def ask(prepared: Prepared, rows: Rows) -> Payload:
    """A list of flat objects."""
    return Payload("/predict", flat(prepared, rows))


def read(reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """A list of labels."""
    answers: Sequence[Answer] = reply["predict"]
    return answers


def _launch(scene: Scene) -> Launch:
    facts = scene.model.folder / "facts.json"
    return Launch([str(scene.python), str(SERVE), str(scene.model.pipeline), str(facts), str(scene.port)])


SUBJECTS: Final = (
    Subject(
        "vetiver",
        "peer",
        _launch,
        ask,
        read,
        "a VetiverAPI on uvicorn, a row of the table as the prototype; labels only",
        environment="vetiver",
        distributions=("vetiver", "fastapi", "uvicorn", "scikit-learn"),
    ),
)
