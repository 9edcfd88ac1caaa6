"""The objects of `deploy/kserve` by the classes of KServe's own SDK: nothing is unknown, missing or of another type."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness import ROOT

pytestmark = pytest.mark.environments
PYTHON: Final = ROOT / ".venv-kserve" / "bin" / "python"
CLIENT: Final = Path(__file__).with_name("clients") / "kserve_objects.py"


def read(name: str) -> Any:
    """The object of a file."""
    return yaml.safe_load((ROOT / "deploy" / "kserve" / name).read_text())


RUNTIME: Final = read("runtime.yaml")
SERVICE: Final = read("service.yaml")
DOOR: Final = ("spec", "containers", 0)
GONE: Final = object()


def changed(given: Mapping[str, Any], place: Sequence[str | int], value: Any) -> Any:
    """A copy with another value in a place, or without it."""
    whole = copy.deepcopy(given)
    part: Any = whole
    for step in place[:-1]:
        part = part[step]
    if value is GONE:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    return whole


MISTAKES: Final = {
    "an unknown field": (changed(SERVICE, ("spec", "replicas"), 1), "/spec/replicas is unknown"),
    "an unknown field of a predictor": (
        changed(SERVICE, ("spec", "predictor", "min_replicas"), 1),
        "/spec/predictor/min_replicas is unknown",
    ),
    "an unknown field of a pod in a runtime": (
        changed(RUNTIME, ("spec", "securityContext"), {}),
        "/spec/securityContext is unknown",
    ),
    "an unknown field of a probe": (
        changed(RUNTIME, (*DOOR, "readinessProbe", "httpGet", "url"), "/"),
        "/spec/containers/0/readinessProbe/httpGet/url is unknown",
    ),
    "another type": (changed(SERVICE, ("spec", "predictor", "maxReplicas"), "10"), "maxReplicas is no int"),
    "another type in Kubernetes' part": (
        changed(RUNTIME, (*DOOR, "resources", "limits", "memory"), 1),
        "/spec/containers/0/resources/limits/memory is no str",
    ),
    "no format": (changed(SERVICE, ("spec", "predictor", "model", "modelFormat"), GONE), "`model_format`, must not be"),
    "no predictor": (changed(SERVICE, ("spec", "predictor"), GONE), "`predictor`, must not be"),
    "no name of a container": (changed(RUNTIME, (*DOOR, "name"), GONE), "name\n  Field required"),
    "another version": (changed(RUNTIME, ("apiVersion",), "serving.kserve.io/v1"), "no object of KServe"),
}


def problems(objects: Sequence[Any], folder: Path) -> list[list[str]]:
    """What KServe's classes find in each of them."""
    (path := folder / "objects.json").write_text(json.dumps(objects))
    command = [str(PYTHON), "-I", str(CLIENT), str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    found: list[list[str]] = json.loads(ended.stdout)
    return found


def test_the_objects_are_valid(tmp_path: Path) -> None:
    assert problems([RUNTIME, SERVICE], tmp_path) == [[], []]


def test_mistakes_are_found(tmp_path: Path) -> None:
    told = problems([wrong for wrong, _ in MISTAKES.values()], tmp_path)
    for name, found, (_, expected) in zip(MISTAKES, told, MISTAKES.values(), strict=True):
        assert found, name
        assert expected in " ".join(found), (name, found)


def test_the_service_names_the_runtime() -> None:
    model = SERVICE["spec"]["predictor"]["model"]
    assert model["runtime"] == RUNTIME["metadata"]["name"]
    formats = {one["name"] for one in RUNTIME["spec"]["supportedModelFormats"]}
    assert model["modelFormat"]["name"] in formats
