"""`twinserve recipe`: to standard output or a file; each problem is one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.twinserve.scaffold.tables import TABLES, imported, of_options
from twinserve.cli.main import main
from twinserve.recipes.recipe import IS_TARGET


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder, with loans.csv in it."""
    monkeypatch.chdir(tmp_path)
    make, _ = TABLES["loans"]
    make().to_csv("loans.csv", index=False)


@pytest.mark.usefixtures("table")
def test_it_prints_what_it_would_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "--data", "loans.csv", "--target", "defaulted"]) == 0
    printed = capsys.readouterr().out
    assert 'DATA: Final = Path(__file__).parent / "loans.csv"' in printed
    assert main(["recipe", "--data", "loans.csv", "--target", "defaulted", "--output", "mine.py"]) == 0
    assert capsys.readouterr().out.endswith("\nThe recipe is in mine.py.\n")
    assert Path("mine.py").read_text() == printed


@pytest.mark.usefixtures("table")
def test_a_recipe_that_was_perhaps_edited_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text("edited")
    assert main(["recipe", "--data", "loans.csv", "--target", "defaulted", "--output", "mine.py"]) == 2
    assert "'mine.py' is there already" in capsys.readouterr().err
    assert Path("mine.py").read_text() == "edited"


@pytest.mark.usefixtures("table")
def test_an_empty_path_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """As of an unset variable in a script."""
    with pytest.raises(SystemExit) as end:
        main(["recipe", "--data", "loans.csv", "--target", "defaulted", "--output", ""])
    assert end.value.code == 2
    assert "--output: must not be empty" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
def test_the_path_begins_at_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    """An absolute path stays one."""
    Path("model").mkdir()
    assert main(["recipe", "--data", "loans.csv", "--target", "defaulted", "--output", "model/mine.py"]) == 0
    assert 'DATA: Final = Path(__file__).parents[1] / "loans.csv"' in Path("model/mine.py").read_text()
    absolute = str(Path("loans.csv").resolve())
    assert main(["recipe", "--data", absolute, "--target", "defaulted"]) == 0
    assert f'DATA: Final = Path("{absolute}")' in capsys.readouterr().out


@pytest.mark.usefixtures("table")
def test_options_stay_in_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--metric", "roc_auc", "--keep-leaks", "--format", "csv", "--name", "mine"]
    assert main(["recipe", "--data", "loans.csv", "--target", "defaulted", *options]) == 0
    printed = capsys.readouterr().out
    assert '    metric="roc_auc",' in printed
    assert 'form="csv"' in printed
    assert '    name="mine",' in printed
    assert '    written_off: int = Field(alias="written off")' in printed
    assert "--format csv --metric roc_auc --keep-leaks`" in " ".join(printed.split())


@pytest.mark.usefixtures("table")
def test_the_sheet_stays_in_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pd.ExcelWriter("loans.xlsx") as book:
        pd.DataFrame({"note": ["none"]}).to_excel(book, index=False, sheet_name="about")
        pd.read_csv("loans.csv").to_excel(book, index=False, sheet_name="all loans")
    options = ["--data", "loans.xlsx", "--target", "defaulted", "--sheet", "all loans"]
    assert main(["recipe", *options]) == 0
    printed = capsys.readouterr().out
    assert 'sheet="all loans"' in printed
    assert "--sheet 'all loans'" in printed


def test_what_a_recipe_refuses_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, is_offered in (("recipe", False), ("new", False), ("train", True)):
        with pytest.raises(SystemExit):
            main([verb, "--help"])
        assert ("--query" in capsys.readouterr().out) is is_offered
    assert main(["recipe", "--data", "sqlite:///a.db", "--target", "y", "--query", "select 1"]) == 2
    assert "write a load() of your own for a database" in capsys.readouterr().err


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "-", "--target", "y", "--name", "x"], "give a file instead of standard input"),
        (["--data", "loans.csv", "--target", "y"], "There is no column 'y'; the table has loan_id, "),
        (["--data", "none.csv", "--target", "y"], "Cannot read 'none.csv': No such file or directory."),
        (["--data", "loans.csv", "--target", "defaulted", "--name", "A b"], "'A b' cannot name a model"),
        (["--data", "loans.csv", "--target", "purpose", "--task", "regression"], "is not a number in every row"),
    ],
)
def test_each_problem_is_one_sentence(options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("targets", "names", "task", "metric"),
    [
        (["--target", "income", "--target", "applicant.age"], ["income", "applicant.age"], "regression", "mean_r2"),
        (["--target", "purpose,defaulted"], ["purpose", "defaulted"], "classification", "mean_log_loss"),
    ],
)
def test_several_targets_stand_in_the_recipe(
    targets: list[str], names: list[str], task: str, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """However they are given; imported, it reads and learns what the table's own recipe does."""
    Path("loans.csv").rename("table.csv")
    assert main(["recipe", "--data", "table.csv", *targets, "--name", "table", "--output", "mine.py"]) == 0
    source = " ".join(Path("mine.py").read_text().split())
    assert f'target=["{names[0]}", "{names[1]}"], task="{task}"' in source.replace("[ ", "[")
    assert f"`twinserve train --data table.csv --target {names[0]!r} --target {names[1]!r}`" in source
    assert f"Predicts {names[0]!r} and {names[1]!r} for rows like those of table.csv." in source
    written, table = imported(Path("mine.py")), of_options(Path(), targets[1], *targets[2:])
    ours, theirs = written.load(), table.load()
    pd.testing.assert_frame_equal(ours.target, theirs.target)
    pd.testing.assert_frame_equal(ours.features, theirs.features)
    assert (written.task, written.metric) == ("multi-output", metric) == (table.task, table.metric)
    assert repr(dict(written.candidates(7))) == repr(dict(table.candidates(7)))
    assert [ours.left_out[name] for name in names] == [IS_TARGET, IS_TARGET]
    capsys.readouterr()
