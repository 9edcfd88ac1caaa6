"""A process that is forked from one with an open service opens the version again, without another trial."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from harness import ROOT
from tests.hostile import served_by_pipeline
from twinserve.store.registry import Registry

pytestmark = pytest.mark.long

PROGRAM: Final = """
import os, sys, time
from twinserve.service.http.problem import Problem
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.store.pipelines import trial

service = Service.open(Settings(_env_file=None, artifacts=sys.argv[1], model="fruit", open_timeout=90))
before = service.models.current()
trial.PROGRAM = "while True: pass"  # A trial would now end in a refusal.
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
service.begin("ready", "GET", "/health/ready", "http", lambda _: None)
while not service.models.progress().get("refused"):
    try:
        os._exit(0 if service.models.current() is not before else 3)
    except Problem:
        time.sleep(0.05)
os._exit(4)
"""


def test_a_forked_process_tries_no_pipeline_that_its_parent_has_open(registry: Registry) -> None:
    served_by_pipeline(registry.path(1))
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(registry.folder.parent)]  # Forking has a warning.
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250)
    assert (ended.returncode, ended.stderr) == (0, "")
