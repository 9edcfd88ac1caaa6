"""A worker of uvicorn's: what saves work is set in each, as none takes over anything from the supervisor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT

SCRIPT: Final = """
import gc, logging
from contextlib import suppress
from harness.page_faults import page_faults
from serve_fastapi.server.run import UNFINISHED, worker_app
from twinserve.service.process.startup import NEW_OBJECTS
from twinserve.service.process.workers import Start

page_faults()
left = page_faults()
with suppress(SystemExit):  # There is no model.
    worker_app(Start())
page_faults()
records = [logging.makeLogRecord({"msg": text}) for text in (UNFINISHED, "another error")]
shown = [bool(logging.getLogger("uvicorn.error").filter(record)) for record in records]
print(left, page_faults(), gc.get_threshold()[0] == NEW_OBJECTS, *shown)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no such option")
def test_a_worker_is_prepared_as_a_single_process_is(tmp_path: Path) -> None:
    """It keeps free memory, collects garbage rarely, and logs nothing of its own of an answer that is cut off."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TWINSERVE_ARTIFACTS": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    left, kept, *others = done.stdout.split()
    assert int(kept) < 10 < int(left)
    assert others == ["True", "False", "True"]
