"""The commands of docs/operations.md, as somebody types them: from any folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import ROOT
from harness.clients import asked
from harness.ports import free_port
from harness.running import DEADLINE, golden, wait_for
from twinserve.store.registry import Registry

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "operations.md").read_text()


def shell(lines: str, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    """The command of a shell that runs these lines in a folder of its own, with the verb `twinserve` at hand."""
    (folder / "bin").mkdir()
    verb = folder / "bin" / "twinserve"
    verb.write_text(f'#!/bin/sh\nexec {sys.executable} -m twinserve.cli.main "$@"\n')
    verb.chmod(0o755)
    variables = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    return ["bash", "-ec", lines], variables


def test_the_service_is_shared_with_a_colleague(artifacts: Path, tmp_path: Path) -> None:
    """With the key that is shown there is a prediction, and without it there is none."""
    (block,) = re.findall(r"```bash\n(export TWINSERVE_ARTIFACTS.*?)```", PAGE, re.DOTALL)
    port = free_port()
    shutil.copytree(artifacts, tmp_path / "artifacts")
    lines = block.replace("/srv/twinserve", str(tmp_path)) + "\n"
    command, variables = shell(lines, tmp_path)
    log = tmp_path / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**variables, "TWINSERVE_PORT": str(port)},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        wait_for(process, lambda: asked(port, b"{}", {}) == 401)
        key = next(iter(re.findall(r"tw\.colleague\.\S+", log.read_text())))
        assert asked(port, golden(artifacts), {"X-API-Key": key}) == 200
        assert asked(port, golden(artifacts), {"X-API-Key": key[:-1]}) == 401
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # A shell may end and leave the server that it started.
        process.wait(DEADLINE)


def test_going_back_works_from_any_folder(tmp_path: Path, registry: Registry) -> None:
    """`list` shows what there is; `rollback` goes back, and holds."""
    registry.promote(2)
    lines = "\n".join(re.findall(r"`(twinserve (?:list|rollback) --artifacts /srv[^`]*)`", PAGE))
    assert lines.count("\n") == 1
    lines = lines.replace("/srv/twinserve/artifacts", str(registry.folder.parent)).replace("tumor", registry.name)
    command, variables = shell(lines, tmp_path)
    done = subprocess.run(
        command, cwd="/", env=variables, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    standing = registry.standing()
    assert standing is not None
    assert (standing.version, standing.hold is not None) == (1, True)
