"""Options of a training that need no training to be answered."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from twinserve.cli.main import main
from twinserve.cli.train_command import library_steps, run
from twinserve.cli.train_options import Knobs


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "a.csv", "--target", "y", "--budget", "5"], "--budget is the time of a search; give --search, or"),
        (["--recipe", "a:b", "--sheet", "x"], "--header, --null-values, --sheet and --query belong to --data"),
        (["--data", "a.csv", "--target", "y", "--sheet", "x"], "--sheet belongs to an Excel file, and a.csv is none."),
    ],
)
def test_an_option_without_what_it_belongs_to_is_refused(
    options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", *options])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err.replace("'", "")


def test_estimators_are_listed_without_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--estimator", "list"]) == 0
    classes, values = capsys.readouterr().out.splitlines()
    assert classes.startswith("classification: default, AdaBoostClassifier, ")
    assert values.startswith("regression: default, ARDRegression, ")


@pytest.mark.parametrize("default", [None, "tumor"])
def test_the_list_of_an_empty_store_is_no_error(
    default: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `twinserve list` and by a project's `train.py list`; an error for a model that is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWINSERVE_MODEL", raising=False)

    def listed(*options: str) -> int:
        if default is None:
            return main(["list", *options])
        monkeypatch.setattr(sys, "argv", ["train.py", "list", *options])
        return run(library_steps, Knobs(recipe=default), {})

    assert listed() == 0
    told = f"There are no models in {tmp_path / 'artifacts'} yet; train one, or name the folder of another store.\n"
    assert capsys.readouterr().out == told
    assert listed("--json") == 0
    assert capsys.readouterr().out == "[]\n"
    assert listed("--name", "mine") == 1
