"""A cluster of Ray on this machine: nodes as processes, either door deployed on it, and what is killed in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from harness import ROOT
from harness.ports import free_port
from harness.processes import family
from harness.running import Late

BIN: Final = Path(sys.executable).parent
PATIENCE: Final = 120.0
"""Seconds for a step: starting a node takes 5 on an idle machine."""
REPLICA: Final = "ServeReplica"
"""A part of the name that Ray gives to a replica's process."""


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until a condition holds; raises `Late`."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise Late(f"{what}: not within {patience:g} s")
        time.sleep(0.05)


@dataclass
class Cluster:
    """A head, which has the proxy that answers HTTP, and other nodes."""

    folder: Path
    store: Path
    sockets: Path
    """A folder with a short name: the path of a socket has at most 107 bytes."""
    settings: Mapping[str, str]
    """Of the doors, by their variables."""
    core: int | None = None
    """Where all processes run; None for any."""
    gcs: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Of all processes: they find this checkout and the store, and send nothing home."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ADDRESS": f"127.0.0.1:{self.gcs}",
            "TWINSERVE_ARTIFACTS": str(self.store),
            "TWINSERVE_AUTH": "none",
            **self.settings,
        }

    def run(self, *command: str) -> str:
        """Run a program of Ray's to its end; its standard output."""
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2000:]}"
        return done.stdout

    def start_node(self, cpus: int) -> None:
        """Start the head, or one node more; all that it runs are children of this process."""
        if self.nodes:
            place = [f"--address=127.0.0.1:{self.gcs}"]
        else:
            place = ["--head", f"--port={self.gcs}", "--include-dashboard=false", f"--temp-dir={self.sockets}"]
        pinned = [] if self.core is None else ["taskset", "-c", str(self.core)]
        command = [*pinned, str(BIN / "ray"), "start", *place, "--block", f"--num-cpus={cpus}", "--disable-usage-stats"]
        with (self.folder / f"node{len(self.nodes)}").open("wb") as log:
            self.nodes.append(subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log))
        wait_until(lambda: self.alive() >= len(self.nodes), "a node joins")

    def alive(self) -> int:
        """How many nodes are alive."""
        code = "import ray; ray.init(logging_level='ERROR'); print(sum(node['Alive'] for node in ray.nodes()))"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return int(done.stdout) if done.returncode == 0 else 0

    def deploy(self, **arguments: Any) -> None:
        """Deploy our application anew and wait until it answers."""
        words = [f"{name}={value}" for name, value in arguments.items()]
        self.run("serve", "run", "--non-blocking", "serve_ray:app", *words)
        wait_until(lambda: self.ask("GET", "/health/ready")[0] == 200, "the application answers")

    def remove(self) -> None:
        """End the application, so that the next one begins with its least number of replicas."""
        code = "import ray; from ray import serve; ray.init(logging_level='ERROR'); serve.delete('default')"
        self.run("python", "-c", code)
        wait_until(lambda: not self.replicas(0), "the replicas end")

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of an answer of the proxy; status 0 where none arrives whole."""
        connection = HTTPConnection("127.0.0.1", self.http, timeout=PATIENCE)
        try:
            connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):  # The latter of an answer that is cut off.
            return 0, b""
        finally:
            connection.close()

    def replicas(self, node: int) -> list[int]:
        """The process numbers of the replicas on a node."""
        return [process.number for process in family(self.nodes[node].pid) if REPLICA in title(process.number)]

    def kill_node(self, node: int) -> None:
        """End a node and all that it runs at once."""
        for process in family(self.nodes[node].pid):
            with suppress(ProcessLookupError):
                os.kill(process.number, signal.SIGKILL)

    def stop(self) -> None:
        """End all nodes."""
        for node, process in reversed([*enumerate(self.nodes)]):
            self.kill_node(node)
            process.wait()


def title(number: int) -> str:
    """The command line of a process, in which Ray says what it does; empty where it has ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


@contextmanager
def cluster(
    folder: Path, store: Path, settings: Mapping[str, str], cpus: int = 2, core: int | None = None
) -> Iterator[Cluster]:
    """A cluster of one node, with the proxy of Ray Serve on its head only: one machine has each port once.

    `settings`: those of the doors, such as `{"model": "fruit"}`."""
    variables = {f"TWINSERVE_{name.upper()}": value for name, value in settings.items()}
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as sockets:
        made = Cluster(folder, store, Path(sockets), variables, core)
        try:
            made.start_node(cpus)
            made.run("serve", "start", f"--http-port={made.http}", "--proxy-location=HeadOnly")
            yield made
        finally:
            made.stop()


def version_in(body: bytes) -> str:
    """The version that an answer names."""
    return str(json.loads(body)["version"])
