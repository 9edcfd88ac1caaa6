"""Schemathesis tests a real server against its OpenAPI document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from harness.credentials import write_keys
from harness.running import DEADLINE, DOORS, running

pytestmark = [pytest.mark.slow, pytest.mark.long]

MAX_BATCH: Final = 20
"""Schemathesis sends batches as large as they may be, and one larger; large ones tell nothing more."""
ARGUMENTS: Final = (
    *("--checks", "all", "--continue-on-failure", "--generation-deterministic", "--no-color"),
    # The stateful phase needs operations that use each other's results; here are none.
    *("--phases", "examples,coverage,fuzzing", "--max-examples", "10"),
    # What the page's own form sends is between the two: the document says its type and no more.
    *("--exclude-operation-id", "form"),
    # What these take is said by the document of each model.
    *("--exclude-operation-id", "named_predict", "--exclude-operation-id", "named_explain"),
)
# A finite number may overflow inside a model (422 `unpredictable`), and where values that training never saw are
# predicted no bound in the schema can say so: 422 is no breach of the contract there, any other refusal is.
# The document does not list the files of the pages, so a made-up name is 404.
UNBOUNDED: Final = '[checks]\npositive_data_acceptance.expected-statuses = ["2xx", "404", "422"]\n'
# A document cannot say that `pass` belongs to bodies in bulk, which are more than a schema: with JSON it is 400.
OF_BULK: Final = """
[[operations]]
include-operation-id = "predict"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "422"]
"""


def conforms(folder: Path, port: int, *arguments: str, path: str = "/openapi.json") -> None:
    """Run schemathesis; fails with its report."""
    url = f"http://127.0.0.1:{port}{path}"
    command = [str(Path(sys.executable).with_name("st")), "run", url, *ARGUMENTS, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=2 * DEADLINE)
    assert done.returncode == 0, done.stdout


def in_ci(chosen: str) -> list[Any]:
    """The doors, of which CI asks one: both answer with the same bytes."""
    return [pytest.param(door, marks=[] if door == chosen else [pytest.mark.extended]) for door in DOORS]


@pytest.mark.parametrize("door", in_ci(DOORS[0]))
def test_a_service_for_anybody_is_what_its_document_says(door: str, tmp_path: Path, artifacts: Path) -> None:
    """Without credentials: statuses, content types, headers, bodies and methods are those of the document."""
    (tmp_path / "schemathesis.toml").write_text(UNBOUNDED + OF_BULK)
    with running(door, tmp_path, artifacts, max_batch=MAX_BATCH) as server:
        conforms(tmp_path, server.port)
        conforms(tmp_path, server.port, "--phases", "examples", path="/models/tumor/openapi.json")


@pytest.mark.parametrize("door", in_ci(DOORS[1]))
def test_a_service_with_keys_and_bounds_is_what_its_document_says(door: str, tmp_path: Path, artifacts: Path) -> None:
    """With keys and `reject`: all checks pass, among them that paths refuse requests without credentials."""
    (tmp_path / "schemathesis.toml").write_text(OF_BULK)
    key = write_keys(tmp_path / "keys.json", alice="predict read manage")["alice"]
    settings: dict[str, Any] = {
        "auth": "keys",
        "keys": tmp_path / "keys.json",
        "out_of_range": "reject",
        "max_batch": MAX_BATCH,
    }
    with running(door, tmp_path, artifacts, **settings) as server:
        conforms(tmp_path, server.port, "--header", f"X-API-Key: {key}")
