"""The contract suite against an app of your own: `python -m pytest examples/test_flask_app.py`, with a champion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from examples.flask_app import create_app
from twinserve.testing import Answer, ContractSuite, Send


class TestPredictions(ContractSuite):
    """The contract's paths in the app; `twinserve.testing` holds the tests."""

    prefix = "/ml"

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls) -> Send:
        """How to ask the app."""
        client = create_app().test_client()

        def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            response = client.open(path, method=method, data=body, headers=dict(headers))
            return Answer.of(response.status_code, response.headers, response.data)

        return send

    @pytest.fixture
    def instance(self) -> Any:
        """What the model predicts for."""
        return json.loads(Path(__file__).with_name("tumor.json").read_text())
