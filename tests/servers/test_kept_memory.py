"""A server keeps free memory for the next request."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from harness.running import golden, running

ROWS: Final = 1_000
WARM_UP: Final = 20
REQUESTS: Final = 20


def page_faults(process: int) -> int:
    """Those of a process so far."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[7])


@pytest.mark.long
def test_a_request_of_many_rows_takes_no_memory_anew(artifacts: Path, tmp_path: Path) -> None:
    """At the FastAPI door, whose main thread answers: 3 page faults, else 285."""
    before, body = 0, b"[" + b",".join([golden(artifacts)] * ROWS) + b"]"
    with running("serve_fastapi", tmp_path, artifacts) as server:
        for number in range(WARM_UP + REQUESTS):
            if number == WARM_UP:
                before = page_faults(server.process.pid)
            assert server.request("POST", "/predict", body).status == 200
        assert (page_faults(server.process.pid) - before) / REQUESTS < 100
