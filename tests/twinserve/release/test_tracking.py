"""A training is written to MLflow; what fails there does not fail the training."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from twinserve.release import tracking


class Refusing(SimpleNamespace):
    """An MLflow whose server is not there."""

    def active_run(self) -> None:
        """Raises."""
        raise ConnectionError("http://secret@tracking")


def test_a_server_that_is_not_there_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the words of its error, which may hold an address with a password."""
    monkeypatch.setitem(sys.modules, "mlflow", Refusing())
    trained: Any = SimpleNamespace(manifest=SimpleNamespace(name="m"), version=1)
    note = tracking.track(trained)
    assert (note.kind, note.column) == ("warning", None)
    assert note.sentence == (
        "the run could not be written to MLflow: a ConnectionError ended it; the version is registered all the same"
    )


def test_mlflow_is_not_loaded_to_ask_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    tracking.require_mlflow()
    assert "mlflow" not in sys.modules
