"""Each guide of `docs/guides/` works, command by command, with the wheel as users install it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from harness.wheel import build_wheel, installed
from tests.guides import Block, blocks, fits, guide

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]  # A block of a guide may train for minutes.
GUIDES = sorted(path for path in (ROOT / "docs" / "guides").glob("*.md") if path.name != "README.md")
IN_CI = {"from-a-csv", "from-a-notebook"}
NOT_RUN = "# Your service.py, as it was: not run here"
"""The first line of a block of another library's code."""
SAVE = """\
import mlflow.sklearn
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=500).fit(X, y)
mlflow.sklearn.save_model(model, "iris_model", signature=infer_signature(X, y), serialization_format="cloudpickle")
X.assign(species=y).to_csv("iris.csv", index=False)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel in it."""
    wheel = build_wheel(tmp_path_factory.mktemp("wheel"))
    return installed(wheel, tmp_path_factory.mktemp("installed") / "environment")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[] if page.stem in IN_CI else pytest.mark.extended)
        for page in GUIDES
        if page.stem != "from-mlflow"
    ],
)
def test_a_guide_works(page: Path, python: Path, tmp_path: Path) -> None:
    run(page, python, tmp_path)


@pytest.mark.environments
def test_the_guide_from_mlflow_works(python: Path, tmp_path: Path) -> None:
    """With a model that MLflow has saved, in an environment of its own."""
    mlflow = ROOT / ".venv-mlflow" / "bin" / "python"
    assert mlflow.exists(), "make test-saved-models makes the environment"
    subprocess.run([mlflow, "-c", SAVE], cwd=tmp_path, check=True, capture_output=True)
    run(next(page for page in GUIDES if page.stem == "from-mlflow"), python, tmp_path)


def run(page: Path, python: Path, folder: Path) -> None:
    """Run a guide in a folder, and compare what it shows with what is printed."""
    printed = ""
    with guide(folder, python) as under_way:
        for block in blocks(page.read_text()):
            if block.text.startswith(NOT_RUN):
                continue
            if block.language in ("text", "json"):
                assert fits(printed, block.text), f"The guide shows\n{block.text}\nand this was printed:\n{printed}"
            else:
                printed = under_way.run(block)


def test_every_guide_stands_in_the_list() -> None:
    listed = (ROOT / "docs" / "guides" / "README.md").read_text()
    assert [page.name for page in GUIDES if f"({page.name})" not in listed] == []


def test_what_is_shown_may_leave_parts_out() -> None:
    assert fits('{"a": 1, "b": 2}\n', '{"a": 1, ...}')
    assert not fits('{"a": 1}', '{"a": 2}')


def test_a_block_that_begins_with_a_file_s_name_is_that_file() -> None:
    assert Block("python", "# app.py\nx = 1\n").file == "app.py"
    assert Block("python", "x = 1\n").file is None


@pytest.mark.parametrize("block", [Block("sh", "false\n"), Block("python", "1 / 0\n"), Block("sh", "sleep 600\n")])
def test_a_block_that_fails_or_never_ends_fails_the_guide(tmp_path: Path, block: Block) -> None:
    with pytest.raises(AssertionError), guide(tmp_path, Path(sys.executable), patience=5.0) as under_way:
        under_way.run(block)


def test_blocks_share_a_shell_and_a_session(tmp_path: Path) -> None:
    with guide(tmp_path, Path(sys.executable)) as under_way:
        blocks_of_both = [
            Block("sh", "x=1\n"),
            Block("python", "x = 2\n"),
            Block("sh", "echo $x\n"),
            Block("python", "print(x)\n"),
        ]
        assert [under_way.run(block) for block in blocks_of_both] == ["", "", "1", "2"]
