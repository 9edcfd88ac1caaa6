"""The options of columns: repeated or in lists, only with a table, and written as they were given."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinserve.cli.main import main
from twinserve.cli.options.column_options import chosen_columns, chosen_split, written
from twinserve.cli.recipe import command
from twinserve.recipes import ColumnChoices, Split

GIVEN = [
    "--drop",
    "a,b",
    "--drop",
    "c d",
    "--date",
    "day=%d.%m.%Y",
    "--weight",
    "w",
    "--nullable",
    "all",
    "--group",
    "g",
]


def test_options_become_one_value_and_a_command_line_again() -> None:
    options = command("recipe", "twinserve recipe").parser.parse_args(["--data", "x.csv", "--target", "y", *GIVEN])
    assert chosen_columns(options) == ColumnChoices(
        drop=["a,b", "c d"], date=["day=%d.%m.%Y"], weight="w", nullable=["all"]
    )
    assert chosen_split(options) == Split(group="g")
    line = "--group g --drop a,b --drop 'c d' --date day=%d.%m.%Y --nullable all --weight w"
    assert " ".join(written(options)) == line


@pytest.mark.parametrize(
    "options",
    [["--drop", "a"], ["--weight", "a"], ["--estimator", "Ridge"], ["--threshold", "0.5"], ["--costs", "FN=1"]],
)
def test_without_a_table_they_are_wrong_usage(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", "--recipe", "harness.fruit:FRUIT", *options])
    assert end.value.code == 2
    assert "belong to --data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--drop", "sise"], "There is no column 'sise' (--drop); did you mean 'size'?"),
        (["--estimator", "Rigde"], "There is no estimator 'Rigde' for a regression; did you mean Ridge"),
        (["--costs", "FN=1,FP=2"], "this is a regression."),
        (["--costs", "7"], "--costs names FN and FP, such as FN=10,FP=1"),
    ],
)
def test_a_mistake_is_one_sentence_before_the_training(
    options: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("size,y\n" + "".join(f"{row},{row / 7}\n" for row in range(60)))
    assert main(["train", "--data", "t.csv", "--target", "y", *options]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert not Path("artifacts").exists()
