"""The Open Inference Protocol V2 with 1,000 rows of 30 numbers in binary data: `python -m bench.v2`.

Each figure is a ratio of rates that were measured in turns, two seconds each: the median of the rounds, with the least
and the greatest. The server has one core, and wrk another, with four connections. A forest of 200 trees is held against
ONNX Runtime alone on the same matrix and the same core, both models against a route of the same server that sends back
the same bytes, and, in JSON, against MLServer in one process (`make protocols` makes its environment).
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import twinserve
from bench.server import stop
from bench.v2_door import ECHO
from bench.wrk import SCRIPT, LoadFailed, parse
from harness import ROOT
from harness.ports import free_port
from harness.running import launch, wait_for
from twinserve.predict import runtime
from twinserve.store.registry import Registry

ROWS: Final = 1000
ROUNDS: Final = 5
SECONDS: Final = 2
CONNECTIONS: Final = 4
CLIENTS, SERVERS = 0, 1
"""Cores."""
LENGTH: Final = "Inference-Header-Content-Length"
MODELS: Final[Mapping[str, Callable[[], Any]]] = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": lambda: RandomForestClassifier(200, random_state=0),
}
DOORS: Final = ("fastapi", "flask")
MLSERVER: Final = ROOT / ".venv-mlserver" / "bin"
FIT: Final = """
import joblib, sys
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
x, y = load_breast_cancer(return_X_y=True)
linear = make_pipeline(StandardScaler(), LogisticRegression())
model = linear if sys.argv[1] == "linear" else RandomForestClassifier(200, random_state=0)
joblib.dump(model.fit(x, y), sys.argv[2])
"""
"""Fits the same model with the scikit-learn of MLServer's environment."""

Rate = Callable[[], float]
"""Measures for `SECONDS`: how often something was done in a second."""


def ratios(mine: Rate, theirs: Rate) -> str:
    """How many times as often the first was done as the second, in turns: the median of the rounds and the spread."""
    found = sorted((ours / others, ours, others) for ours, others in ((mine(), theirs()) for _ in range(ROUNDS)))
    ratio, ours, others = found[len(found) // 2]
    return f"{ratio:6.2f} ({found[0][0]:.2f} to {found[-1][0]:.2f}); {ours:.0f} and {others:.0f} a second"


def posted(port: int, path: str, body: bytes, headers: Mapping[str, str], folder: Path) -> Rate:
    """Requests over a few connections, by wrk on a core of its own."""
    handle, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    command = ["taskset", "-c", str(CLIENTS), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"--script={SCRIPT}"]
    for header, value in headers.items():
        command += ["-H", f"{header}: {value}"]
    command += [f"http://127.0.0.1:{port}{path}", "--", name, headers.get("Content-Type", "application/octet-stream")]

    def rate() -> float:
        shown = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # Our own words.
        outcome = parse(shown.stdout.splitlines())
        if not outcome.valid:  # Nothing was answered, or something was refused.
            raise LoadFailed(f"{path} gave errors: {outcome.errors}.")
        return outcome.requests_per_second

    return rate


def called(call: Callable[[], object], seconds: float = SECONDS) -> Rate:
    """Calls in this process, on the core of the servers."""

    def rate() -> float:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {SERVERS})
        begun, calls = time.perf_counter(), 0
        while (taken := time.perf_counter() - begun) < seconds:
            call()
            calls += 1
        os.sched_setaffinity(0, before)
        return calls / taken

    return rate


def matrix() -> Any:
    """The rows of the data, again and again."""
    x, _ = load_breast_cancer(return_X_y=True)
    return np.ascontiguousarray(np.resize(x, (ROWS, x.shape[1])))


def binary(rows: Any, names: list[str] | None = None) -> tuple[bytes, Mapping[str, str]]:
    """A request in binary data, both ways: one input for all columns, or one for each of these."""
    if names is None:
        parts = {"x": rows}
    else:
        parts = {name: np.ascontiguousarray(rows[:, place : place + 1]) for place, name in enumerate(names)}
    inputs = [
        {"name": name, "shape": part.shape, "datatype": "FP64", "parameters": {"binary_data_size": part.nbytes}}
        for name, part in parts.items()
    ]
    text = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return b"".join([text, *(part.tobytes() for part in parts.values())]), {LENGTH: str(len(text))}


def in_json(rows: Any, outputs: list[str]) -> bytes:
    """The same in JSON."""
    tensor = {"name": "x", "shape": rows.shape, "datatype": "FP64", "data": rows.ravel().tolist()}
    return json.dumps({"inputs": [tensor], "outputs": [{"name": name} for name in outputs]}).encode()


@contextmanager
def serving(command: list[str], environment: Mapping[str, str], folder: Path, port: int, ready: str) -> Iterator[int]:
    """A server on its core, once it is ready; gives its port."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    path = {"PATH": f"{MLSERVER}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    pinned = ["taskset", "-c", str(SERVERS), *command]
    process = launch(pinned, folder, {**threads, **path, **environment}, folder / "log", new_session=True)

    def is_ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", ready)
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    try:
        wait_for(process, is_ready)
        yield port
    finally:
        stop(process)


@contextmanager
def our_door(door: str, model: str, folder: Path) -> Iterator[int]:
    """One of our doors with the route that echoes."""
    port = free_port()
    settings = {"PORT": port, "ARTIFACTS": folder, "MODEL": model, "ACCESS_LOG": "false", "THREADS": 1}
    environment = {f"TWINSERVE_{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "bench.v2_door", door]
    with serving(command, environment, folder, port, "/v2/health/ready") as ready:
        yield ready


@contextmanager
def mlserver(model: str, home: Path) -> Iterator[int]:
    """MLServer in one process, with the same model."""
    port, path = free_port(), home / "model.joblib"
    subprocess.run([MLSERVER / "python", "-c", FIT, model, path], check=True)  # noqa: S603  # Our own text.
    own = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}
    (home / "settings.json").write_text(json.dumps({"debug": False, "host": "127.0.0.1", **own}))
    about = {"implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": str(path)}}
    (home / "model-settings.json").write_text(json.dumps({"name": model, **about}))
    command = [str(MLSERVER / "mlserver"), "start", str(home)]
    with serving(command, {}, home, port, f"/v2/models/{model}/ready") as ready:
        yield ready


def alone(folder: Path, model: str, rows: Any) -> Callable[[], object]:
    """ONNX Runtime on the graph of this version, with one thread."""
    session = runtime.session(next(Registry(folder, model).path(1).glob("*.onnx")).read_bytes())
    feed = {session.get_inputs()[0].name: rows}
    return lambda: session.run(None, feed)


def compare(door: str, model: str, folder: Path, rows: Any, names: list[str]) -> None:
    """Print the ratios of one door and model."""
    path = f"/v2/models/{model}/infer"
    scratch = Path(tempfile.mkdtemp(dir=folder))
    with our_door(door, model, folder) as port:
        for form, (body, headers) in {"one input": binary(rows), "30 inputs": binary(rows, names)}.items():
            ours = posted(port, path, body, headers, scratch)
            if model == "forest":
                told(f"{door}, {model}, {form} / ONNX Runtime alone", ratios(ours, called(alone(folder, model, rows))))
            told(f"{door}, {model}, {form} / an echo", ratios(ours, posted(port, ECHO, body, headers, scratch)))
        if not (MLSERVER / "mlserver").exists():
            told(f"{door}, {model}, JSON / MLServer", "not measured: make protocols makes its environment")
            return
        kind = {"Content-Type": "application/json"}
        with mlserver(model, scratch) as other:
            ours = posted(port, path, in_json(rows, ["label", "probabilities"]), kind, scratch)
            theirs = posted(other, path, in_json(rows, ["predict_proba"]), kind, scratch)
            told(f"{door}, {model}, JSON / MLServer in one process", ratios(ours, theirs))


def told(what: str, found: str) -> None:
    """Print one line."""
    print(f"{what:55} {found}", flush=True)  # noqa: T201  # The result.


def main() -> None:
    """Print each ratio of rates, and the rates of its median round."""
    x, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rows = matrix()
    with tempfile.TemporaryDirectory() as root:
        for name, make in MODELS.items():
            twinserve.package(make().fit(x, y), x, y, name=name, artifacts=Path(root))
            Registry(Path(root), name).promote(1)
        for model in MODELS:
            for door in DOORS:
                compare(door, model, Path(root), rows, [*x.columns])


if __name__ == "__main__":
    main()
