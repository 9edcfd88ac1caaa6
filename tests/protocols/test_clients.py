"""Other protocols as the clients of Triton, KServe, MLServer, MLflow and SageMaker speak them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT, fruit
from harness.running import DOORS, Running, golden, running
from tests.tensors import inputs_of
from twinserve.signature import Signature
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.environments, pytest.mark.slow]
CLIENTS = Path(__file__).with_name("clients")
V2_CLIENTS = ("triton", "kserve", "mlserver")
PYTHONS = {
    "triton": "mlserver",
    "mlserver": "mlserver",
    "kserve": "kserve",
    "kserve_v1": "kserve",
    "mlflow": "clients",
    "sagemaker": "clients",
}
"""By client: the environment that has it."""
FRUIT = [
    {"weight": 150.5, "skin": {"colour": "red", "spots": 3.0}},
    {"weight": 210.0, "skin": {"colour": "green", "spots": None}},
    {"weight": 1000.0, "skin": {"colour": "green", "spots": 0.0}},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Path:
    """A store with numbers alone (`tumor`), categories and missing numbers (`fruit`), and values (`price`)."""
    root = Path(shutil.copytree(artifacts, tmp_path_factory.mktemp("store") / "artifacts"))
    for recipe in (fruit.FRUIT, fruit.PRICE):
        fruit.registered(recipe, root)
        Registry(root, recipe.name).promote(1)
    return root


@pytest.fixture(scope="module", params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Each door; Django's server is that of Flask."""
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=["tumor", "fruit", "price"])
def model(request: pytest.FixtureRequest) -> str:
    """Each model."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def server(door: str, model: str, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of a door and a model."""
    with running(door, tmp_path_factory.mktemp("server"), store, model=model) as started:
        yield started


def rows_of(model: str, store: Path) -> list[Any]:
    """A few rows of a model."""
    return [json.loads(golden(store))] * 2 if model == "tumor" else FRUIT


def facts_of(server: Running, model: str, store: Path) -> Mapping[str, Any]:
    """What a client is told: columns of a few rows, and what the native JSON answers to them."""
    rows = rows_of(model, store)
    signature = Signature.model_validate_json((Registry(store, model).path(1) / "signature.json").read_bytes())
    columns = {tensor["name"]: (tensor["datatype"], tensor["data"]) for tensor in inputs_of(rows, signature)}
    answers = json.loads(server.request("POST", "/predict", json.dumps(rows).encode()).body)["predictions"]
    if "value" in answers[0]:
        expected = {"value": [answer["value"] for answer in answers]}
    else:
        likely = [list(answer["probabilities"].values()) for answer in answers]
        expected = {"label": [answer["label"] for answer in answers], "probabilities": likely}
    return {"model": model, "version": "1", "columns": columns, "expected": expected}


def told_by(client: str, server: Running, facts: Mapping[str, Any], folder: Path) -> Mapping[str, str]:
    """The refusals that a client was told, after it has found what the facts say."""
    (path := folder / "facts.json").write_text(json.dumps(facts))
    python = ROOT / f".venv-{PYTHONS[client]}" / "bin" / "python"
    command = [str(python), "-I", str(CLIENTS / f"{client}.py"), f"127.0.0.1:{server.port}", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    told: Mapping[str, str] = json.loads(ended.stdout.splitlines()[-1])  # Some log to the output before.
    return told


@pytest.mark.parametrize("client", V2_CLIENTS)
def test_a_client_reads_what_the_native_json_says(
    client: str, server: Running, model: str, store: Path, tmp_path: Path
) -> None:
    """In each form that it knows, and each refusal as a sentence."""
    told = told_by(client, server, facts_of(server, model, store), tmp_path)
    assert "This field is required." in told["missing"]
    assert all(text[:3] in ("400", "404", "422") for text in told.values()), told
    assert "decoding" not in str(told)


def test_a_client_of_v1_reads_what_the_native_json_says(
    server: Running, model: str, store: Path, tmp_path: Path
) -> None:
    rows = rows_of(model, store)
    answers = json.loads(server.request("POST", "/predict", json.dumps(rows).encode()).body)["predictions"]
    predictions = [answer.get("label", answer.get("value")) for answer in answers]
    told = told_by("kserve_v1", server, {"model": model, "rows": rows, "predictions": predictions}, tmp_path)
    assert "This field is required." in told["missing"]
    assert told["model"].startswith("404")


@pytest.mark.parametrize("client", ["mlflow", "sagemaker"])
def test_invocations_read_what_the_native_json_says(
    client: str, server: Running, model: str, store: Path, tmp_path: Path
) -> None:
    """A frame with missing numbers, JSON, and CSV with and without a header."""
    rows = rows_of(model, store)
    signature = Signature.model_validate_json((Registry(store, model).path(1) / "signature.json").read_bytes())
    columns = {tensor["name"]: tensor["data"] for tensor in inputs_of(rows, signature)}
    answers = json.loads(server.request("POST", "/predict", json.dumps(rows).encode()).body)["predictions"]
    predictions = [answer.get("label", answer.get("value")) for answer in answers]
    told = told_by(client, server, {"columns": columns, "predictions": predictions}, tmp_path)
    assert "This field is required." in told["missing"] or "must be an object" in told["missing"]
