"""Log lines on a terminal."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from harness import ROOT

LOG = """
import logging, sys
from twinserve.service.settings import Settings
from twinserve.service.telemetry import logs
logs.configure(Settings(log_format="console"))
text = sys.argv[1].encode().decode("unicode_escape")
logs.log.info("request", path=text)
logging.getLogger("gunicorn.error").warning("Invalid request: %s", text)
"""
COLOURS = r"\x1b\[[0-9]{1,2}m"


@pytest.mark.parametrize(
    "text", ["/\\x1b[31mred", "/\\x1b]0;title\\x07", "/a\\rb", "/\\x9b2J", "/\\u202egnp.exe", "/\\x08\\x08"]
)
def test_a_caller_cannot_write_to_the_terminal(text: str) -> None:
    """Control characters are escaped, whoever logs them; only the colours of the line itself are left."""
    command = [sys.executable, "-c", LOG, text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30)
    lines = re.sub(COLOURS, "", done.stderr.decode()).splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
