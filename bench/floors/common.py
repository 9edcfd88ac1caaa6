"""Shared by the floors: the model's validator, a reply of the usual size, uvicorn with the settings of our door."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from bench.prepared import Prepared, read
from twinserve.signature import Signature
from twinserve.signature.request.validator import Validator
from twinserve.store.artifact import SIGNATURE
from twinserve.store.registry import Registry


@dataclass(frozen=True)
class Floor:
    """The model, the reply and the port of a floor."""

    prepared: Prepared
    port: int
    validator: Validator
    reply: bytes
    """The reply of a door to the single row."""


def from_command_line() -> Floor:
    """The arguments are the model's folder and a port."""
    prepared, port = read(Path(sys.argv[1])), int(sys.argv[2])
    registry = Registry(Path(os.environ["BENCH_ARTIFACTS"]), prepared.name)
    signature = (registry.path(registry.champion() or 1) / SIGNATURE).read_bytes()
    validator = Validator(Signature.model_validate_json(signature))
    return Floor(prepared, port, validator, json.dumps(reply(prepared), separators=(",", ":")).encode())


def reply(prepared: Prepared) -> dict[str, Any]:
    """The answer to the single row, as the contract has it."""
    single = prepared.single
    probabilities = dict(zip(prepared.classes, single.probabilities[0], strict=True))
    return {
        "model": prepared.name,
        "version": "1",
        "label": single.labels[0],
        "probabilities": probabilities,
        "warnings": [],
    }


def run(app: Any, port: int) -> None:
    """Serve an ASGI app: uvicorn on uvloop and httptools, no logs, as our door has it."""
    uvicorn.run(
        app,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
