"""The Open Inference Protocol V2 with 1,000 rows of 30 numbers, in requests one after another: `python -m bench.v2`.

Each figure is a ratio of times that were taken in turns: the median of the rounds, with the least and the greatest. A
forest of 200 trees is held against ONNX Runtime alone on the same matrix, a linear model against a route of the same
server that sends back the same bytes, and both, in JSON, against MLServer in one process (`make protocols` makes the
environment that it runs in; the same bodies, the same client).
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
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
from harness import ROOT
from harness.ports import free_port
from harness.running import launch, wait_for
from twinserve.predict.runtime import runtime
from twinserve.store.registry import Registry

ROWS: Final = 1000
ROUNDS: Final = 15
CALLS: Final = 20
"""Of each kind in a round."""
IDLE: Final = 2.0
"""Seconds after which a server may have closed a connection."""
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

Call = Callable[[], object]


class Client:
    """One connection, kept open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._asked = time.monotonic()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send one request; the body of its answer, which must be 200. A connection that was idle is opened again."""
        if time.monotonic() - self._asked > IDLE:
            self._connection.close()
        self._connection.request("POST", path, body, dict(headers))
        self._asked = time.monotonic()
        answer = self._connection.getresponse()
        found = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status} {found[:200]!r}")
        return found


def ratios(mine: Call, theirs: Call) -> str:
    """How many times as fast the first is: medians of calls in turns, then of the rounds."""
    found = []
    for _ in range(ROUNDS):
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(CALLS):
            for call, taken in zip((mine, theirs), times, strict=True):
                begun = time.perf_counter()
                call()
                taken.append(time.perf_counter() - begun)
        ours, others = map(statistics.median, times)
        found.append((others / ours, ours, others))
    middle = statistics.median(ratio for ratio, _, _ in found)
    low, high = min(found)[0], max(found)[0]
    ours, others = (statistics.median(column) * 1000 for column in list(zip(*found, strict=True))[1:])
    return f"{middle:6.2f} ({low:.2f} to {high:.2f}); {ours:.2f} ms and {others:.2f} ms"


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
def serving(
    command: list[str], environment: Mapping[str, str], folder: Path, port: int, ready: str
) -> Iterator[Client]:
    """A server, once it is ready."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    path = {"PATH": f"{MLSERVER}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    process = launch(command, folder, {**threads, **path, **environment}, folder / "log", new_session=True)

    def is_ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", ready)
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False

    try:
        wait_for(process, is_ready)
        yield Client(port)
    finally:
        stop(process)


@contextmanager
def our_door(door: str, model: str, folder: Path) -> Iterator[Client]:
    """One of our doors with the route that echoes."""
    port = free_port()
    settings = {"PORT": port, "ARTIFACTS": folder, "MODEL": model, "ACCESS_LOG": "false", "THREADS": 1}
    environment = {f"TWINSERVE_{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "bench.v2_door", door]
    with serving(command, environment, folder, port, "/v2/health/ready") as client:
        yield client


@contextmanager
def mlserver(model: str, folder: Path) -> Iterator[Client]:
    """MLServer in one process, with the same model."""
    home = folder / f"mlserver-{model}"
    home.mkdir()
    port, path = free_port(), home / "model.joblib"
    subprocess.run([MLSERVER / "python", "-c", FIT, model, path], check=True)  # noqa: S603  # Our own text.
    own = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}
    (home / "settings.json").write_text(json.dumps({"debug": False, "host": "127.0.0.1", **own}))
    about = {"implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": str(path)}}
    (home / "model-settings.json").write_text(json.dumps({"name": model, **about}))
    with serving(
        [str(MLSERVER / "mlserver"), "start", str(home)], {}, home, port, f"/v2/models/{model}/ready"
    ) as client:
        yield client


def alone(folder: Path, model: str, rows: Any) -> Call:
    """ONNX Runtime on the graph of this version, with one thread."""
    options = runtime().SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    graph = next(Registry(folder, model).path(1).glob("*.onnx"))
    session = runtime().InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()
    if len(given) == 1:
        feed = {given[0].name: rows}
    else:
        feed = {one.name: np.ascontiguousarray(rows[:, place : place + 1]) for place, one in enumerate(given)}
    return lambda: session.run(None, feed)


def compare(door: str, model: str, folder: Path, rows: Any, names: list[str]) -> None:
    """Print the ratios of one door and model."""
    path = f"/v2/models/{model}/infer"
    with our_door(door, model, folder) as client:
        for form, (body, headers) in {"one input": binary(rows), "30 inputs": binary(rows, names)}.items():

            def ask(body: bytes = body, headers: Mapping[str, str] = headers) -> bytes:
                return client.post(path, body, headers)

            against: dict[str, Callable[[], object]] = {"an echo": partial(client.post, ECHO, body, headers)}
            if model == "forest":
                against["ONNX Runtime alone"] = alone(folder, model, rows)
            for name, call in against.items():
                told(f"{door}, {model}, {form}, against {name}", ratios(ask, call))
        if not (MLSERVER / "mlserver").exists():
            told(f"{door}, {model}, against MLServer", "not measured: make protocols makes its environment")
            return
        with mlserver(model, Path(tempfile.mkdtemp(dir=folder))) as other:
            own, its = in_json(rows, ["label", "probabilities"]), in_json(rows, ["predict_proba"])
            headers = {"Content-Type": "application/json"}
            told(
                f"{door}, {model}, JSON, against MLServer in one process",
                ratios(lambda: client.post(path, own, headers), lambda: other.post(path, its, headers)),
            )


def told(what: str, found: str) -> None:
    """Print one line."""
    print(f"{what:60} {found}", flush=True)  # noqa: T201  # The result.


def main() -> None:
    """Print each ratio: how many times as fast the service is, and both times."""
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
