"""Clients generated from `/openapi.json`: each compiles, and reads what the native JSON says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT, fruit
from harness.running import DOORS, Running, running
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.environments, pytest.mark.slow]
HERE = Path(__file__).parent
TOOLS = ROOT / ".venv-openapi" / "bin"
NODE = ROOT / ".node-openapi"
FRUIT = [
    {"weight": 150.5, "skin": {"colour": "red", "spots": 3.0}},
    {"weight": 1000.0, "skin": {"colour": "green", "spots": None}},
]
Command = Sequence[str]


def done(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """What a program prints, which must end well."""
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Running]]:
    """Each door, over a model with a category and a number that may be missing."""
    root = tmp_path_factory.mktemp("store")
    fruit.registered(fruit.FRUIT, root)
    Registry(root, "fruit").promote(1)
    first, second = DOORS
    with (
        running(first, tmp_path_factory.mktemp("first"), root, model="fruit") as one,
        running(second, tmp_path_factory.mktemp("second"), root, model="fruit") as other,
    ):
        yield {first: one, second: other}


@pytest.fixture(scope="module")
def document(servers: Mapping[str, Running], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document, which is the same at both doors."""
    bodies = {server.request("GET", "/openapi.json").body for server in servers.values()}
    assert len(bodies) == 1
    (file := tmp_path_factory.mktemp("document") / "openapi.json").write_bytes(bodies.pop())
    return file


def python(document: Path, folder: Path) -> Command:
    """The client of openapi-python-client, in the strict mode of mypy."""
    (folder / "config.yaml").write_text("post_hooks: []\n")
    generate: list[str | Path] = [
        TOOLS / "openapi-python-client",
        "generate",
        "--path",
        document,
        "--output-path",
        "client",
    ]
    warned = done([*generate, "--meta", "none", "--config", "config.yaml", "--fail-on-warning"], folder)
    assert "WARNING" not in warned
    shutil.copy(HERE / "ask.py", folder)
    done([TOOLS / "mypy", "--strict", "client", "ask.py"], folder)
    return [str(TOOLS / "python"), "ask.py"]


def typescript(document: Path, folder: Path) -> Command:
    """The types of openapi-typescript, in the strict mode of tsc."""
    shutil.copy(HERE / "typescript" / "package.json", folder)
    shutil.copy(HERE / "typescript" / "ask.ts", folder)
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    done([NODE / "node_modules/.bin/openapi-typescript", document, "-o", "openapi.d.ts"], folder)
    strict = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noUnusedLocals"]
    kind = ["--target", "es2022", "--module", "nodenext", "--types", "node"]
    done([NODE / "node_modules/.bin/tsc", *strict, *kind, "ask.ts"], folder)
    return ["node", "ask.js"]


def generated(document: Path, folder: Path, *options: str) -> None:
    """The client of openapi-generator for a language."""
    parts = "models,apis,supportingFiles,modelTests=false,apiTests=false,modelDocs=false,apiDocs=false"
    done(
        [TOOLS / "openapi-generator-cli", "generate", "-i", document, "--global-property", parts, *options],
        folder,
    )


def java(document: Path, folder: Path) -> Command:
    """The client for Java's own HTTP client and Jackson, which the generator brings with it. A choice between an object
    and an array it writes with a mistake, so that is mapped to any object."""
    mapped = "PredictionRequest=Object,ExplanationRequest=Object"
    options = "openApiNullable=false,failOnUnknownProperties=true,hideGenerationTimestamp=true"
    asked = ("--library", "native", "--schema-mappings", mapped, "--additional-properties", options)
    generated(document, folder, "-g", "java", "-o", "client", *asked)
    (jar,) = TOOLS.parent.glob("lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar")
    sources = [*(folder / "client" / "src" / "main").rglob("*.java"), *(HERE / "java").glob("*.java")]
    done(["javac", "-nowarn", "-cp", jar, "-d", "classes", *sources], folder)
    return ["java", "-cp", f"{jar}{os.pathsep}classes", "Ask"]


def go(document: Path, folder: Path) -> Command:
    """The client for Go; `validator.v2`, which it imports, is a package of Debian."""
    place = folder / "src"
    generated(
        document, folder, "-g", "go", "-o", str(place / "client"), "--additional-properties", "packageName=client"
    )
    shutil.copytree(HERE / "go", place / "ask")
    (place / "client" / "go.mod").unlink()
    path = {"GO111MODULE": "off", "GOPATH": f"{folder}{os.pathsep}/usr/share/gocode", "GOCACHE": str(folder / "cache")}
    done(["go", "vet", "client", "ask"], place, **path)
    done(["go", "build", "-o", folder / "asking", "ask"], place, **path)
    return [str(folder / "asking")]


@pytest.mark.parametrize("make", [python, typescript, java, go], ids=lambda make: make.__name__)
def test_a_generated_client_compiles_and_reads_what_the_native_json_says(
    make: Callable[[Path, Path], Command], servers: Mapping[str, Running], document: Path, tmp_path: Path
) -> None:
    """One instance, several, a refusal, and what is read."""
    command = make(document, tmp_path)
    for server in servers.values():
        told = json.loads(done([*command, f"http://127.0.0.1:{server.port}"], tmp_path))
        assert told == expected(server)


def expected(server: Running) -> dict[str, Any]:
    """The same by the native JSON."""

    def asked(method: str, path: str, body: Any = None) -> Any:
        return json.loads(server.request(method, path, b"" if body is None else json.dumps(body).encode()).body)

    one, many, none = (asked("POST", "/predict", body) for body in (FRUIT[0], FRUIT, []))
    facts = asked("GET", "/model")
    warnings = [warning["pointer"] for row in many["predictions"] for warning in row["warnings"]]
    assert warnings  # Of the second weight.
    return {
        "label": one["label"],
        "probabilities": one["probabilities"],
        "labels": [row["label"] for row in many["predictions"]],
        "warnings": warnings,
        "refused": [422, none["errors"][0]["code"]],
        "model": [facts["name"], facts["task"], facts["training"]["rows"]],
        "ready": facts["version"],
        "schema": asked("GET", "/schema")["title"],
        "models": [model["name"] for model in asked("GET", "/models")["models"]],
    }
