"""`twinserve new`: the files of a project, and what it refuses; `tests/test_new_project.py` plays it through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.twinserve.scaffold.tables import TABLES
from twinserve import __version__
from twinserve.cli.main import main

DATA = ["--data", "loans.csv", "--target", "defaulted"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with loans.csv in it."""
    monkeypatch.chdir(tmp_path)
    make, _ = TABLES["loans"]
    make().to_csv("loans.csv", index=False)
    return tmp_path


def test_no_mark_of_a_template_is_left() -> None:
    assert main(["new", "loans-2024", *DATA]) == 0
    files = [path for path in Path("loans-2024").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        *("pyproject.toml", "Makefile", "Dockerfile", "README.md", ".env", ".gitignore", ".dockerignore"),
        *("train.py", "app_flask.py", "app_fastapi.py", "loans_2024.py", "conftest.py"),
    }
    assert [path for path in files if "{{" in path.read_text()] == []
    assert Path("loans-2024/.env").read_text().endswith("\nTWINSERVE_MODEL=loans-2024\n")
    assert 'os.environ.get("LOANS_2024_DATA", Path' in Path("loans-2024/model/loans_2024.py").read_text()


def test_ruff_changes_nothing_in_the_project() -> None:
    assert main(["new", "loans", *DATA]) == 0
    select = "A,B,C4,E,F,I,N,PERF,PIE,PT,RET,RUF,SIM,UP,W"
    for command in (["format", "--diff", "."], ["check", "--quiet", "--select", select, "."]):
        ruff = [sys.executable, "-m", "ruff", *command]
        done = subprocess.run(ruff, cwd="loans", capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def test_columns_that_are_left_out_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Not only in the recipe, which somebody may never read."""
    rows = "".join(f"{n % 7};{n},5{' each' * (n == 8)};{n % 2}\n" for n in range(60))
    Path("german.csv").write_text(f"age;amount;y\n{rows}")
    assert main(["new", "german", "--data", "german.csv", "--target", "y"]) == 0
    assert capsys.readouterr().out.startswith(
        "amount: left out, it looks like numbers in 98% of its cells, but row 9 is not; mend those cells or leave them "
        "empty, to use it.\nThe project is in "
    )


def test_a_folder_that_is_not_empty_is_refused_but_for_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/train.py").write_text("mine")
    Path("mine/notes.txt").write_text("mine")
    assert main(["new", "mine", *DATA]) == 2
    assert "The folder 'mine' is not empty" in capsys.readouterr().err
    assert [path.name for path in sorted(Path("mine").iterdir())] == ["notes.txt", "train.py"]
    assert main(["new", "mine", *DATA, "--force"]) == 0
    assert Path("mine/train.py").read_text() != "mine"
    assert Path("mine/notes.txt").read_text() == "mine"


def test_a_dot_is_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is the model's; the recipe finds the data above it."""
    (folder / "houses").mkdir()
    monkeypatch.chdir(folder / "houses")
    assert main(["new", ".", "--data", "../loans.csv", "--target", "defaulted"]) == 0
    assert 'Path(__file__).parents[2] / "loans.csv"' in Path("model/houses.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["My Loans", *DATA], "'My Loans' cannot name a model; use up to 64 of a-z"),
        (["loans.csv", *DATA], "'loans.csv' is a file; give the name of a folder."),
        (
            ["x", "--data", "loans.csv", "--target", "default"],
            "There is no column 'default'; did you mean 'defaulted'?",
        ),
        (["x", "--data", "ragged.csv", "--target", "y"], "not a CSV file: line 3 has 3 cells and the header 2."),
        (
            ["x", "--data", "open.csv", "--target", "y"],
            "not a CSV file: the quote that opens in line 2 is never closed",
        ),
        (["x", "--data", "none.csv", "--target", "y"], "Cannot read 'none.csv': No such file or directory."),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ragged.csv").write_text("a,y\n1,2\n1,2,3\n")
    Path("open.csv").write_text('a,y\n1,"2\n1,2\n')
    before = sorted(folder.iterdir())
    assert main(["new", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


def test_make_says_what_to_do_where_no_index_has_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as before its first release."""
    assert main(["new", "loans", *DATA]) == 0
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for variable in ("PIP_FIND_LINKS", "TWINSERVE_WHEEL"):
        monkeypatch.delenv(variable, raising=False)
    done = subprocess.run(["make", "-C", "loans", "setup"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"\nTWINSERVE_WHEEL=/path/to/twinserve-{__version__}-py3-none-any.whl names a wheel " in done.stdout


def test_a_project_of_several_targets_names_all_of_them() -> None:
    """However they are given; `tests/` asks for no member that a reply of theirs lacks."""
    assert main(["new", "both", "--data", "loans.csv", "--target", "income,applicant.age"]) == 0
    assert "Predicts 'income' and 'applicant.age' from loans.csv." in Path("both/README.md").read_text()
    assert '["income", "applicant.age"]' in Path("both/model/both.py").read_text()
    assert '"value"' not in Path("both/tests/test_model.py").read_text()
