"""What `deploy/` has for systemd and Prometheus fits the programs and their metrics."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from harness import ROOT
from twinserve.cli.main import main
from twinserve.service.telemetry.metrics import Metrics

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "twinserve-alerts.yml").read_text())["groups"][0]["rules"]
NAMES = {"up"}
"""Metrics of Prometheus itself."""


def shown() -> set[str]:
    """The names of all series that `/metrics` can show."""
    metrics = Metrics()
    metrics.count("predict", "POST", 200, 0.1)
    metrics.predictions.labels("m", "1").inc()
    metrics.warn("m", "/a", "out-of-range", 1)
    metrics.serve("m", "1", datetime.now(UTC))
    lines = metrics.render().decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_metrics_that_there_are(rule: dict[str, str]) -> None:
    assert set(re.findall(r"\b(?:twinserve_\w+|up)\b", rule["expr"])) <= shown() | NAMES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_stands_on_the_page_for_operations(rule: dict[str, str]) -> None:
    assert f"`{rule['alert']}`" in (ROOT / "docs" / "operations.md").read_text()


def test_the_scrape_configuration_names_the_rules_that_are_there() -> None:
    folder = ROOT / "deploy" / "prometheus"
    configuration = yaml.safe_load((folder / "scrape.yml").read_text())
    assert [(folder / name).is_file() for name in configuration["rule_files"]] == [True]


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
