"""What `deploy/` has for systemd fits the programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import ROOT
from twinserve.cli.main import main

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_a_unit_is_one_that_systemd_takes(unit: Path, tmp_path: Path) -> None:
    """With programs that are there in place of those that a machine would have."""
    for other in UNITS:
        text = (
            other.read_text()
            .replace("/srv/twinserve/.venv/bin/", "/usr/bin/")
            .replace("/usr/bin/python -m", "/bin/true")
        )
        (tmp_path / other.name).write_text(re.sub(r"/usr/bin/(python|twinserve) ", "/bin/true ", text))
    name = unit.name.replace("@", "@fastapi")
    (tmp_path / name).write_text((tmp_path / unit.name).read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if "twinserve" in line]
    assert told == []


def test_the_units_call_verbs_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    verbs = {verb for unit in UNITS for verb in re.findall(r"bin/twinserve (\w+)", unit.read_text())}
    assert verbs == {"prune"}
    for verb in verbs:
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
    assert "--keep" in capsys.readouterr().out
