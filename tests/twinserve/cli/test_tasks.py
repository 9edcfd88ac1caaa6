"""The commands with several targets and with anomaly detectors: train, import, show, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression

from twinserve.cli.main import main
from twinserve.store.artifact import read_manifest
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.extended]

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"a": RNG.normal(size=120)})
TABLE["height"] = 2 * TABLE["a"] + RNG.normal(size=120)
TABLE["width"] = RNG.normal(size=120) - TABLE["a"]
TABLE["tall"] = np.where(TABLE["height"] > 0, "yes", "no")
STORE = ("--artifacts", "store", "--name", "own")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a table and with models of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    TABLE.to_csv("t.csv", index=False)
    TABLE[["a"]].to_csv("a.csv", index=False)
    Path("both.skops").write_bytes(skops.io.dumps(LinearRegression().fit(TABLE[["a"]], TABLE[["height", "width"]])))
    Path("odd.skops").write_bytes(skops.io.dumps(IsolationForest(n_estimators=5, random_state=0).fit(TABLE[["a"]])))


def ran(*arguments: str) -> int:
    """The exit code."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize("targets", [("--target", "height,width"), ("--target", "height", "--target", "width")])
def test_train_takes_several_targets(targets: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """As a list or repeated; the report and `show` name them."""
    train = ("train", "--data", "t.csv", *targets, "--drop", "tall", "--estimator", "Ridge", "--json", *STORE)
    assert ran(*train) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["task"], report["targets"]) == ("multi-output", {"height": None, "width": None})
    assert ran("show", *STORE) == 0
    assert "own, multi-output of height, width" in capsys.readouterr().out


def test_import_takes_several_targets(capsys: pytest.CaptureFixture[str]) -> None:
    """Measured on a table, or named without one."""
    assert ran("import", "both.skops", "--data", "t.csv", "--target", "height,width", *STORE) == 0
    assert ran("import", "both.skops", "--target", "first,second", *STORE) == 3
    facts = [read_manifest(Registry(Path("store"), "own").path(version)) for version in (1, 2)]
    assert [[*each.targets] for each in facts] == [["height", "width"], ["first", "second"]]
    assert "mean_r2" in facts[0].metrics
    capsys.readouterr()


def test_import_takes_a_detector_without_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("import", "odd.skops", "--data", "a.csv", *STORE) == 0
    facts = read_manifest(Registry(Path("store"), "own").path(1))
    assert (facts.task, [*facts.metrics]) == ("anomaly", ["outlier_share"])
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("train", "--data", "t.csv", "--target", "height,tall"), "'tall' holds labels and another one values"),
        (("train", "--data", "t.csv", "--target", "height,nope"), "no column 'nope'"),
        (("train", "--data", "t.csv", "--target", "height,width", "--threshold", "0.5"), "this is a multi-output"),
        (("import", "both.skops", "--data", "t.csv"), "--data and --target belong together"),
        (("import", "both.skops", "--data", "t.csv", "--target", "height"), "It predicts 2 targets, and y has 1"),
        (("import", "both.skops", "--target", "height"), "--data and --target belong together"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2 for wrong usage, 1 for a model that does not fit its rows; nothing is registered."""
    assert ran(*arguments, *STORE) == (1 if "predicts" in told else 2)
    assert told in capsys.readouterr().err
    assert not Path("store/own/1").exists()
