"""What `deploy/` has for Prometheus and Grafana is true: the rules fire when they should, and every query of the board
has an answer where both doors are scraped. Debian's Prometheus is asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness import ROOT
from harness.ports import free_port
from harness.running import Running, golden, launch, running, wait_for
from twinserve.service.http.routes import ROUTES
from twinserve.service.protocols.spoken import spoken
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics

FOLDER: Final = ROOT / "deploy" / "prometheus"
BOARD: Final = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "twinserve.json").read_text())
RECORDS: Final = yaml.safe_load((FOLDER / "twinserve-records.yml").read_text())["groups"][0]["rules"]
ALERTS: Final = yaml.safe_load((FOLDER / "twinserve-alerts.yml").read_text())["groups"][0]["rules"]
PANELS: Final = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
NAMES: Final = {"up", *(rule["record"] for rule in RECORDS)}
"""Metrics of Prometheus itself, and those that the rules make."""
WORD: Final = re.compile(r"\b(?:twinserve[\w:]+|up)\b")
MADE_IN: Final = 60.0
"""Seconds until Prometheus has scraped often enough for a rate, and made a rule's series from it."""


def shown() -> set[str]:
    """The names of all series that `/metrics` can show."""
    metrics = Metrics()
    metrics.count("predict", "POST", 200, 0.1)
    metrics.predictions.labels("m", "1").inc()
    metrics.problems.labels("invalid-input").inc()
    metrics.warn("m", "/a", "out-of-range", 1)
    metrics.serve("m", "1", datetime.now(UTC))
    lines = metrics.render().decode().splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("expression", [*(rule["expr"] for rule in (*RECORDS, *ALERTS)), *PANELS])
def test_a_query_asks_for_metrics_that_there_are(expression: str) -> None:
    without_labels = re.sub(r"\{[^}]*\}", "", expression)
    assert set(WORD.findall(without_labels)) <= shown() | NAMES


@pytest.mark.parametrize("expression", [rule["expr"] for rule in (*RECORDS, *ALERTS) if "route=" in rule["expr"]])
def test_what_is_said_of_predictions_holds_for_every_path_that_predicts(expression: str) -> None:
    """Those of all protocols, and of named models; Prometheus matches whole names."""
    (pattern,) = re.findall(r'route=~?"([^"]+)"', expression)
    routes = [*ROUTES, *(route for dialect in spoken(Settings(graphql=True)) for route in dialect.routes)]
    predicting = {route.name for route in routes if route.kind == "predict" and not route.explains}
    assert {route.name for route in routes if re.fullmatch(pattern, route.name)} == predicting


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_stands_on_the_page_for_operations(rule: dict[str, str]) -> None:
    assert f"`{rule['alert']}`" in (ROOT / "docs" / "operations.md").read_text()


def test_every_record_is_shown_on_the_board_or_compared_by_an_alert() -> None:
    asked = " ".join([*PANELS, *(rule["expr"] for rule in ALERTS)])
    assert [rule["record"] for rule in RECORDS if rule["record"] not in asked] == []


@pytest.mark.parametrize("name", ["scrape.yml", "compose.yml"])
def test_a_configuration_names_all_rules_that_are_there(name: str) -> None:
    configuration = yaml.safe_load((FOLDER / name).read_text())
    assert configuration["rule_files"] == ["twinserve-records.yml", "twinserve-alerts.yml"]


def test_the_board_asks_the_source_that_is_provided() -> None:
    (source,) = yaml.safe_load((ROOT / "deploy" / "grafana" / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"]} == {source["uid"]}


needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed")


@needs_prometheus
def test_each_alert_fires_when_it_should_and_no_other_time(tmp_path: Path) -> None:
    cases = yaml.safe_load((ROOT / "tests" / "deploy" / "alerts.yml").read_text())["tests"]
    tried = {case["alertname"] for test in cases for case in test["alert_rule_test"]}
    assert tried == {rule["alert"] for rule in ALERTS}
    for file in (*FOLDER.glob("twinserve-*.yml"), ROOT / "tests" / "deploy" / "alerts.yml"):
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prometheus(folder: Path, servers: list[Running]) -> Iterator[Callable[[str], Any]]:
    """Prometheus with our rules, scraping these servers each second; gives a function that asks it for a path."""
    for file in FOLDER.glob("twinserve-*.yml"):
        shutil.copy(file, folder)
    configuration = yaml.safe_load((FOLDER / "compose.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    targets = [f"127.0.0.1:{server.port}" for server in servers]
    configuration["scrape_configs"][0]["static_configs"] = [{"targets": targets}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    address = f"127.0.0.1:{free_port()}"

    def ask(path: str) -> Any:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return answer.read()

    def is_ready() -> bool:
        try:
            return bool(ask("/-/ready"))
        except OSError:
            return False

    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
    process = launch(["prometheus", *options], folder, {}, folder / "log")
    try:
        wait_for(process, is_ready)
        yield ask
    finally:
        process.terminate()
        process.wait()


@pytest.mark.long
@needs_prometheus
def test_every_query_has_an_answer_where_both_doors_are_scraped(artifacts: Path, tmp_path: Path) -> None:
    """Predictions, one of them with a warning, and a refusal are sent until the rules have series."""
    folders = [tmp_path / "fastapi", tmp_path / "flask"]
    for folder in folders:
        folder.mkdir()
    usual = golden(artifacts)
    unusual = re.sub(rb"[0-9.]+", b"90001", usual, count=1)
    with (
        running("serve_fastapi", folders[0], artifacts) as fastapi,
        running("serve_flask", folders[1], artifacts) as flask,
        prometheus(tmp_path, [fastapi, flask]) as ask,
    ):

        def empty(query: str) -> bool:
            answer = json.loads(ask(f"/api/v1/query?query={urllib.parse.quote(query)}"))
            assert answer["status"] == "success", query
            values = [float(series["value"][1]) for series in answer["data"]["result"]]
            return not values or any(value != value for value in values)

        deadline = time.monotonic() + MADE_IN
        lacking = [*(rule["record"] for rule in RECORDS), *PANELS]
        while lacking and time.monotonic() < deadline:
            for server in (fastapi, flask):
                statuses = [server.request("POST", "/predict", body).status for body in (usual, unusual, b"{}")]
                assert statuses == [200, 200, 422]
            time.sleep(0.5)
            lacking = [query for query in lacking if empty(query)]
        assert lacking == []
        rules = json.loads(ask("/api/v1/rules"))["data"]["groups"]
        assert [rule["name"] for group in rules for rule in group["rules"] if rule["health"] != "ok"] == []
