"""The types of a model pass a strict type checker, and say what it takes and answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.twinserve.client.scripted import http, scripted
from tests.twinserve.signature.made import EVERY_TYPE, feature, signature, signatures
from twinserve.client.__main__ import main
from twinserve.client.type_source import type_source
from twinserve.signature import Signature, json_schema

FRUIT = signature(
    feature("weight"),
    feature("skin.colour", "category", enumeration=("green", "red")),
    feature("skin.spots", nullable=True, required=False),
    feature("at.0"),
    feature("at.1", nullable=True),
    feature("concave points.class", "boolean"),
)
MODELS: dict[str, dict[str, Any]] = {
    "labels": {"name": "fruit", "version": "3", "task": "classification", "classes": ["apple", 'pear "x"']},
    "values": {"name": "price", "version": "1", "task": "regression", "classes": None},
    "quantiles": {
        "name": "q",
        "version": "1",
        "task": "regression",
        "quantiles": [0.1, 0.5, 0.9],
    },
    "several values": {"name": "v", "version": "1", "task": "multi-output", "targets": [{"name": "a"}, {"name": "b"}]},
    "several labels": {
        "name": "l",
        "version": "1",
        "task": "multi-output",
        "targets": [{"name": "a", "classes": ["x", "y"]}, {"name": "b", "classes": ["0", "1"]}],
    },
    "outliers": {"name": '"""\nimport os', "version": "\\", "task": "anomaly"},
}
USED = """\
from collections.abc import Mapping
from typing import Any

from labels import Answer, Answers, Instance

good: Instance = {"weight": 1, "skin": {"colour": "red"}, "at": (1.0, None), "concave points": {"class": True}}


def predict(instances: Mapping[str, Any] | list[Any]) -> Any:
    return instances  # As a client has it.


answer: Answer = predict(good)
answers: Answers = predict([good, good])
label = answers["predictions"][0]["label"] + (answer["set"]["labels"][0] if "set" in answer else "none")
apple = answer["probabilities"]["apple"] + 1 if answer["probabilities"] else 0
bad: Instance = {"weight": "x", "skin": {"colour": "blue"}, "at": (1.0, None), "concave points": {"class": True}}
"""


@pytest.mark.slow
def test_the_types_pass_a_strict_check_and_find_mistakes(tmp_path: Path) -> None:
    """Of every task; names that Python has for itself, and quotes, do no harm."""
    for name, model in MODELS.items():
        (tmp_path / f"{name.replace(' ', '_')}.py").write_text(type_source(FRUIT, model))
    (tmp_path / "every_type.py").write_text(type_source(EVERY_TYPE, MODELS["labels"]))
    (tmp_path / "used.py").write_text(USED)
    names = sorted(path.name for path in tmp_path.glob("*.py"))
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir=.cache",
        *names,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    problems = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.partition(": error: ")[0] for line in problems] == ["used.py:17", "used.py:17"], done.stdout


@settings(max_examples=60, deadline=None)
@given(signatures())
def test_the_source_of_any_input_is_python(contract: Signature) -> None:
    names: dict[str, Any] = {}
    exec(type_source(contract, MODELS["labels"]), names)
    assert names["Instance"]
    assert set(names["Answer"].__annotations__) == {"model", "version", "label", "probabilities", "set", "warnings"}


@pytest.mark.parametrize("name", MODELS)
def test_a_prediction_has_the_members_of_its_task(name: str) -> None:
    made: dict[str, Any] = {}
    exec(type_source(FRUIT, MODELS[name]), made)
    members = {
        "labels": {"label", "probabilities", "set"},
        "values": {"value", "interval"},
        "quantiles": {"value", "quantiles", "interval"},
        "several values": {"values"},
        "several labels": {"labels", "probabilities"},
        "outliers": {"label", "score"},
    }
    assert set(made["Prediction"].__annotations__) == members[name] | {"warnings"}


def test_the_command_prints_a_module_or_says_why_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import json

    schema, model = json.dumps(json_schema(FRUIT)).encode(), json.dumps(MODELS["labels"]).encode()
    (tmp_path / "key").write_text("tw.alice.x\n")
    with scripted(http(200, schema), http(200, model)) as server:
        assert main(["types", server.url, "--key-file", str(tmp_path / "key"), "--model", "fruit"]) == 0
        assert all(b"tw.alice.x" in one for one in server.asked)
        assert server.asked[0].startswith(b"GET /models/fruit/schema ")
    assert "Instance = TypedDict(" in capsys.readouterr().out
    assert main(["types", "host"]) == 2
    assert main(["types", "http://host", "--key-file", str(tmp_path / "none")]) == 1
    with scripted(http(404, b"", "text/html")) as server:
        assert main(["types", server.url]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert all(line.startswith("twinserve.client: ") for line in said)
