"""What is shown of a model that is not open any more, whether or not workers share a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER

NAMES: Final = re.compile(r"twinserve_(refused_version|model_info)\{")
SHOWN: Final = """
from datetime import UTC, datetime
from twinserve.service.telemetry.metrics import Metrics
metrics = Metrics()
metrics.serve("loans", "1", datetime.now(UTC))
metrics.refuse("loans", 2)
before = metrics.render().decode()
metrics.forget("loans")
print(before + "---" + metrics.render().decode())
"""


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_model_that_was_let_go_neither_answers_nor_is_refused(is_shared: bool, tmp_path: Path) -> None:
    """An alert about its champion would never end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **({METRICS_FOLDER: str(tmp_path)} if is_shared else {})}
    done = subprocess.run([sys.executable, "-c", SHOWN], env=environment, check=True, capture_output=True, text=True)
    before, after = (
        {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in shown.splitlines() if NAMES.match(line)}
        for shown in done.stdout.split("---")
    )
    assert before == {"twinserve_refused_version": 2, "twinserve_model_info": 1}
    assert {*after.values()} == ({0} if is_shared else set())
