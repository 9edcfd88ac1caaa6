"""Models of other environments: files of the oldest scikit-learn, and folders that MLflow itself saved.

`make test-saved-models` makes the environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import sklearn

from harness import ROOT
from twinserve.saved_models.saved_model import open_saved
from twinserve.saved_models.unreadable import Unreadable
from twinserve.store.artifact import Trust, open_version, read_manifest

pytestmark = [pytest.mark.long, pytest.mark.environments]

PROGRAM: Final = Path(__file__).with_name("other_environment.py")
CLEAN: Final = {name: value for name, value in os.environ.items() if not name.startswith(("TWINSERVE_", "PYTHON"))}
FILES: Final = [
    f"{model}.{ending}"
    for model in ("linear", "forest", "boosted")
    for ending in ("skops", "joblib", "zlib", "xz", "0.pkl", "2.pkl", "5.pkl")
]
FORMS: Final = ("skops", "pickle", "cloudpickle")


def saved_by(python: Path, folder: Path) -> Path:
    """The folder, with everything that the other environment saves."""
    assert python.exists(), "make test-saved-models makes the environments"
    environment = CLEAN | {"OMP_NUM_THREADS": "1", "HOME": str(folder)}
    subprocess.run([python, PROGRAM, folder], check=True, capture_output=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of the oldest scikit-learn that pyproject.toml allows."""
    return saved_by(ROOT / ".venv-oldest" / "bin" / "python", tmp_path_factory.mktemp("oldest"))


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of MLflow, with the scikit-learn that is installed here."""
    return saved_by(ROOT / ".venv-mlflow" / "bin" / "python", tmp_path_factory.mktemp("mlflow"))


def imported(folder: Path, store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An import in the folder, to its end."""
    program = "import sys; from twinserve.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "import", *arguments, "--name", "late", "--artifacts", str(store)]
    environment = CLEAN | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_version_is_one_sentence(name: str, oldest: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        open_saved(oldest / name, trust_pickles=True)
    assert str(refused.value) == (
        f"{oldest / name} was fitted with scikit-learn 1.6.0 and this is {sklearn.__version__}; install "
        "scikit-learn==1.6.0 in an environment of its own and import it there, or train it again."
    )


def test_the_command_says_so_and_nothing_else(oldest: Path, tmp_path: Path) -> None:
    process = imported(oldest, tmp_path, "forest.joblib", "--trust-pickles")
    assert (process.returncode, process.stdout) == (2, "")
    progress, sentence = process.stderr.splitlines()[:-1], process.stderr.splitlines()[-1]
    assert progress == ["importing scikit-learn", "opening the model"]
    assert sentence.startswith("twinserve import: forest.joblib was fitted with scikit-learn 1.6.0 and this is ")


def test_the_advice_helps(oldest: Path, tmp_path: Path) -> None:
    """In the environment that fitted it, the file becomes a version that serves here if it is compiled."""
    program = "import sys; from twinserve.cli.main import main; sys.exit(main())"
    python = ROOT / ".venv-oldest" / "bin" / "python"
    command: list[str | Path] = [python, "-W", "ignore", "-c", program, "import", "linear.joblib"]
    environment = CLEAN | {"PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [
            *command,
            "--trust-pickles",
            "--name",
            "late",
            "--artifacts",
            tmp_path,
            "--data",
            "table.csv",
            "--target",
            "paid",
        ],
        cwd=oldest,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    opened = open_version(tmp_path / "late" / "1", Trust())
    assert (opened.manifest.training.fitted_with, opened.predictor.kind) == ("1.6.0", "compiled")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["plain", "signed", "example"])
def test_a_folder_of_mlflow_becomes_a_version(form: str, name: str, mlflow: Path, tmp_path: Path) -> None:
    """Its types are those of the signature where it has one, and else what the pipeline knows."""
    trust = [] if form == "skops" else ["--trust-pickles"]
    process = imported(mlflow, tmp_path, f"{form}-{name}", *trust, "--json")
    assert process.returncode == 3, process.stderr
    told = json.loads(process.stdout)
    age = "number" if name == "plain" else "integer"
    assert [column["type"] for column in told["columns"]] == [age, "number", "category"]
    assert (told["predictor"]["kind"], told["evaluated_on"]) == ("compiled", "nothing")
    assert read_manifest(tmp_path / "late" / "1").training.fitted_with == sklearn.__version__


@pytest.mark.parametrize("form", ["pickle", "cloudpickle"])
def test_its_pickle_needs_trust(form: str, mlflow: Path, tmp_path: Path) -> None:
    process = imported(mlflow, tmp_path, f"{form}-signed")
    assert process.returncode == 2
    assert "model.pkl is a pickle, which may run any code when opened; give --trust-pickles" in process.stderr


def test_with_rows_a_folder_of_mlflow_is_promoted(mlflow: Path, tmp_path: Path) -> None:
    process = imported(mlflow, tmp_path, "skops-signed", "--data", "table.csv", "--target", "paid", "--json")
    assert process.returncode == 0, process.stderr
    told = json.loads(process.stdout)
    assert (told["promoted"], told["evaluated_on"]) == (True, "rows that it may have learned from")
    assert [column["type"] for column in told["columns"]] == ["integer", "number", "category"]
