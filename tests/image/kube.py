"""Give what `deploy/kubernetes` has to `podman kube play`, over the image built here, and hold it to its promises.

python -m tests.image.kube          (make kube-check)

Settings, volume and Deployment are played as they stand, but for the image's name and a port of this machine; the
training is the pod of its CronJob, as `kubectl create job --from` makes it, and what waits for it is a pod of its own.
Podman passes over what is no pod, volume or settings (Service, HorizontalPodAutoscaler, PodDisruptionBudget,
NetworkPolicy, CronJob), and over fsGroup, spreading and rollouts. The probes' paths are asked from here, as its own
probes need curl in the image; a pod is ended by `podman stop`, as some versions of `kube down` kill it at once. Prints
a line for each promise; the exit code is the number of those that failed.

    PYTHON_IMAGE=...   the base image     BUILD_OPTIONS=...  more for `build`     PLAY_OPTIONS=...  more for `kube play`
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from harness import ROOT
from harness.ports import free_port

IMAGE: Final = "twinserve-kube-check"
FOLDER: Final = ROOT / "deploy" / "kubernetes"
FILES: Final = ("settings.yaml", "store.yaml", "doors.yaml", "training.yaml")
VOLUMES: Final = ("twinserve-store", "tmp")
"""What podman makes of the objects' volumes."""
PATIENCE: Final = 120.0
"""Seconds until a door is ready; a training has five times as many."""
DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
GUARDED: Final = """import os, pathlib
def writes(place):
    try: pathlib.Path(place, "probe").touch()
    except OSError: return False
    return True
(capable,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
print(os.getuid(), writes("/"), writes("/models"), writes("/tmp"), int(capable, 16))"""

Objects = dict[str, Any]


class Report:
    """Says what holds and counts what does not."""

    failed = 0

    def check(self, holds: object, promise: str, told: object = "") -> bool:
        """A line for a promise; whether it holds."""
        self.failed += not holds
        say(f"PASS {promise}" if holds else f"FAIL {promise}: {told}")
        return bool(holds)


def say(line: str) -> None:
    """The program's own voice."""
    print(line, flush=True)  # noqa: T201


def podman(*words: str, patience: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    """Run podman, which starts no probes of its own."""
    environment = os.environ | {"DISABLE_HC_SYSTEMD": "true"}
    return subprocess.run(
        ["podman", *words], env=environment, capture_output=True, text=True, timeout=patience, check=False
    )


def build() -> subprocess.CompletedProcess[str]:
    """Build the image of this checkout."""
    options = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
    if base := os.environ.get("PYTHON_IMAGE"):
        options += ["--build-arg", f"PYTHON_IMAGE={base}"]
    return podman("build", *options, "-q", "-t", IMAGE, str(ROOT), patience=3600)


def objects() -> Objects:
    """The objects by their kind, with the name of the image that was built here."""
    texts = [(FOLDER / file).read_text().replace("image: twinserve:latest", f"image: {IMAGE}") for file in FILES]
    return {one["kind"]: one for text in texts for one in yaml.safe_load_all(text)}


def pod(name: str, spec: Objects) -> Objects:
    """A pod of its own."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@contextmanager
def played(report: Report, name: str, *given: Objects) -> Iterator[bool]:
    """Objects that run; whether podman took them. They are removed in the end."""
    with tempfile.TemporaryDirectory() as folder:
        (file := Path(folder) / "objects.yaml").write_text(yaml.safe_dump_all(given))
        options = shlex.split(os.environ.get("PLAY_OPTIONS", ""))
        started = podman("kube", "play", *options, str(file), patience=5 * PATIENCE)
        try:
            yield report.check(started.returncode == 0, f"{name}: kube play", started.stderr)
        finally:
            ended = podman("kube", "down", str(file))
            report.check(ended.returncode == 0, f"{name}: kube down", ended.stderr)


def ask(port: int, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of an answer; status 0 where nobody answers."""
    url, headers = f"http://127.0.0.1:{port}{path}", {"Content-Type": "application/json"}
    try:
        with DIRECT.open(urllib.request.Request(url, body, headers), timeout=2) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def is_answered(port: int, path: str) -> bool:
    """Wait until a path answers 200."""
    end = time.monotonic() + PATIENCE
    while (status := ask(port, path)[0]) != 200 and time.monotonic() < end:
        time.sleep(0.2)
    return status == 200


def try_training(report: Report, found: Objects) -> None:
    """The volume is empty at first: doors wait for the first job. What waits is a pod of its own here: podman 4.3 often
    takes an init container that has ended for one that runs."""
    door = found["Deployment"]["spec"]["template"]["spec"]
    first = door.pop("initContainers")
    waiting = {**door, "containers": first, "restartPolicy": "Never"}
    boxes = [f"first-{job(found)['containers'][0]['name']}", f"waiting-{first[0]['name']}"]
    settings, volume = found["ConfigMap"], found["PersistentVolumeClaim"]
    with (
        played(report, "waiting", settings, volume, pod("waiting", waiting)) as is_waiting,
        played(report, "training", settings, pod("first", job(found))) as is_training,
    ):
        if is_waiting and is_training:
            report.check(is_running(boxes[1]), "waiting: for a model")
            for name, box in zip(("training", "waiting"), boxes, strict=True):
                code = podman("wait", box, patience=5 * PATIENCE).stdout.strip()
                report.check(code == "0", f"{name}: ended, code 0", podman("logs", box).stderr)


def job(found: Objects) -> Objects:
    """The pod of a job of the CronJob."""
    spec: Objects = found["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def is_running(box: str) -> bool:
    """Whether a container runs."""
    return podman("inspect", "-f", "{{.State.Running}}", box).stdout.strip() == "true"


def try_door(report: Report, found: Objects, door: str) -> bytes:
    """Play the Deployment with a door; what it answered to the example."""
    deployment, answer = found["Deployment"], b""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["args"] = [door]
    container["ports"][0]["hostPort"] = port = free_port()
    with played(report, door, found["ConfigMap"], deployment) as runs:
        if runs:
            name = f"name=-{container['name']}$"
            running = podman("ps", "--format", "{{.Names}}", "--filter", name).stdout.split()
            if report.check(len(running) == 1, f"{door}: one container runs", running):
                answer = try_container(report, door, running[0], container, port)
                grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
                try_end(report, door, running[0], container, port, grace)
    return answer


def try_container(report: Report, door: str, box: str, container: Objects, port: int) -> bytes:
    """Probes, a prediction and what it may do; the answer to the example."""
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        path = container[name]["httpGet"]["path"]
        report.check(is_answered(port, path), f"{door}: {name}, {path} is 200", podman("logs", box).stderr)
    status, answer = ask(port, "/predict", example())
    right = status == 200 and json.loads(answer)["label"] == "malignant"
    report.check(right, f"{door}: predicts", (status, answer))
    guarded = podman("exec", box, "python", "-c", GUARDED).stdout.split()
    expected = ["10001", "False", "False", "True", "0"]
    report.check(guarded == expected, f"{door}: not root, without capabilities, writes to /tmp alone", guarded)
    return answer


def try_end(report: Report, door: str, box: str, container: Objects, port: int, grace: int) -> None:
    """SIGTERM: not ready, but answering until the balancers know; ended in time, by itself."""
    path = container["readinessProbe"]["httpGet"]["path"]
    begun, quiet = time.monotonic(), subprocess.DEVNULL
    with subprocess.Popen(["podman", "stop", "-t", str(grace), box], stdout=quiet, stderr=quiet) as stopping:
        while (ready := ask(port, path)[0]) == 200 and time.monotonic() < begun + grace:
            time.sleep(0.1)
        answered, _ = ask(port, "/predict", example())
        stopping.wait(2 * grace)
    seconds, code = time.monotonic() - begun, podman("inspect", "-f", "{{.State.ExitCode}}", box).stdout.strip()
    told = f"{ready}, {answered}"
    report.check((ready, answered) == (503, 200), f"{door}: a pod that ends is not ready and still answers", told)
    report.check(code == "0" and seconds < grace, f"{door}: ended by SIGTERM after {seconds:.1f} of {grace} s", code)


def example() -> bytes:
    """A body that is predicted to be malignant."""
    return (ROOT / "examples" / "tumor.json").read_bytes()


def main(doors: Sequence[str] = ("fastapi", "flask")) -> int:
    """The number of promises that failed."""
    report, found = Report(), objects()
    if there := [volume for volume in VOLUMES if podman("volume", "exists", volume).returncode == 0]:
        say(f"Podman has volumes of these names already, which are not ours to fill and remove: {', '.join(there)}.")
        return 1
    built = build()
    if report.check(built.returncode == 0, "build", built.stderr[-2000:]):
        try:
            try_training(report, found)
            answers = [try_door(report, found, door) for door in doors]
            report.check(len({*answers}) == 1 and answers[0], "the doors answer alike, byte for byte", answers)
        finally:
            podman("volume", "rm", *VOLUMES)
    say(f"{report.failed} failed")
    return report.failed


if __name__ == "__main__":
    sys.exit(main())
