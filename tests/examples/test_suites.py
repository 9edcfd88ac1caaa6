"""Run the contract suite on the example apps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples import fastapi_app
from examples.test_flask_app import TestPredictions as TestFlaskApp
from harness import ROOT
from tests.doors import FastAPIDoor
from twinserve.testing import ContractSuite, Send

__all__ = ["TestFlaskApp"]


@pytest.fixture(scope="module", autouse=True)
def store(artifacts: Path) -> Iterator[None]:
    """A store with the default model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWINSERVE_ARTIFACTS", str(artifacts))
        yield


class TestFastAPIApp(ContractSuite):
    """The paths in the FastAPI app."""

    prefix = "/ml"

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls) -> Iterator[Send]:
        """The app on an event loop of its own."""
        door = FastAPIDoor(fastapi_app.create_app())
        yield door.send
        door.close()

    @pytest.fixture
    def instance(self) -> Any:
        """A tumor."""
        return json.loads((ROOT / "examples" / "tumor.json").read_text())
