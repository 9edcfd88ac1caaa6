"""What `deploy/` has for Kubernetes, KServe and Compose: valid by the API's own schemas, and in agreement with the
image, its settings and paths, and with itself."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from deploy.entrypoint import COMMANDS, KSERVE
from harness import ROOT
from harness.processes import family
from harness.running import wait_for
from twinserve.service.http.routes import ROUTES
from twinserve.service.protocols.v2.dialect import V2
from twinserve.service.settings import Settings

DEPLOY: Final = ROOT / "deploy"
VERSIONS: Final = ("1.31", kubernetes_validate.latest_version())
"""The oldest and the newest release of Kubernetes that it is held against."""
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()


def documents(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of a folder, with its kind and name."""
    for file in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if document["kind"] != "Kustomization":
                yield f"{document['kind']} {document['metadata']['name']}", document


OBJECTS: Final = dict(documents(DEPLOY / "kubernetes"))
SETTINGS: Final = OBJECTS["ConfigMap twinserve-settings"]["data"]
DOORS: Final = OBJECTS["Deployment twinserve"]["spec"]["template"]
TRAINING: Final = OBJECTS["CronJob twinserve-train"]["spec"]["jobTemplate"]["spec"]["template"]
COMPOSE: Final = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
RUNTIME: Final = dict(documents(DEPLOY / "kserve"))["ServingRuntime twinserve"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_valid(name: str, version: str) -> None:
    """Unknown members are errors, too."""
    kubernetes_validate.validate(OBJECTS[name], version, strict=True)


def test_a_wrong_object_is_not() -> None:
    wrong = {**OBJECTS["Service twinserve"], "spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_all_of_it_is_applied_together() -> None:
    (kustomization,) = yaml.safe_load_all((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    others = {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == others
    assert [image["name"] + ":" + image["newTag"] for image in kustomization["images"]] == [
        DOORS["spec"]["containers"][0]["image"]
    ]


def names_of_settings() -> set[str]:
    """The variables that exist."""
    return {f"TWINSERVE_{name.upper()}" for name in Settings.model_fields}


def test_every_variable_is_a_setting() -> None:
    given = {*SETTINGS, *COMPOSE["x-door"]["environment"], *COMPOSE["services"]["flask"]["environment"]}
    given |= {item["name"] for item in RUNTIME["containers"][0]["env"]}
    assert given - {"<<"} <= names_of_settings()


def test_the_settings_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    seconds = settings.drain_delay + settings.grace
    assert seconds < DOORS["spec"]["terminationGracePeriodSeconds"]


def test_a_pod_keeps_as_many_cores_busy_as_it_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scaler compares their use with the request; by default there are threads for all cores of the machine."""
    monkeypatch.setattr("twinserve.service.settings.available_cores", lambda: 64)
    (door,), (kserve,) = DOORS["spec"]["containers"], RUNTIME["containers"]
    for container, given in ((door, SETTINGS), (kserve, {one["name"]: one["value"] for one in kserve["env"]})):
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            settings = Settings()
        assert settings.workers * settings.prediction_threads == int(container["resources"]["requests"]["cpu"])


SIZES: Final = {"g": 1 << 30, "Gi": 1 << 30}


@pytest.mark.parametrize("place", ["kubernetes", "compose"])
def test_requests_in_bulk_have_room_for_their_files(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body and an answer of each, of the largest size, in every worker; a pod that holds more is evicted."""
    if place == "kubernetes":
        given, (volume,) = SETTINGS, (one for one in DOORS["spec"]["volumes"] if one["name"] == "tmp")
        room = volume["emptyDir"]["sizeLimit"]
    else:
        (mounted,) = COMPOSE["services"]["fastapi"]["tmpfs"]
        given, room = COMPOSE["services"]["flask"]["environment"], mounted.removeprefix("/tmp:size=")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    number, unit = re.fullmatch(r"(\d+)(\w+)", room).groups()  # type: ignore[union-attr]  # Else the test fails.
    held = 2 * settings.max_bulk * settings.max_bulk_requests * settings.workers
    assert held <= 0.75 * int(number) * SIZES[unit]


def test_selectors_find_the_pods_and_nothing_else() -> None:
    door, training = DOORS["metadata"]["labels"], TRAINING["metadata"]["labels"]
    selectors = {
        name: document["spec"].get("selector") or document["spec"].get("podSelector")
        for name, document in OBJECTS.items()
        if name.split()[0] in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
    }
    for name, selector in selectors.items():
        labels = selector.get("matchLabels", selector)
        own, other = (training, door) if name.endswith("-training") else (door, training)
        assert labels.items() <= own.items(), name
        assert not labels.items() <= other.items(), name


def test_the_scaler_scales_the_doors() -> None:
    target = OBJECTS["HorizontalPodAutoscaler twinserve"]["spec"]["scaleTargetRef"]
    assert f"{target['kind']} {target['name']}" == "Deployment twinserve"
    assert "replicas" not in OBJECTS["Deployment twinserve"]["spec"]
    assert OBJECTS["HorizontalPodAutoscaler twinserve"]["spec"]["minReplicas"] >= 2


@pytest.mark.parametrize("pod", [DOORS["spec"], TRAINING["spec"]], ids=["doors", "training"])
def test_a_pod_may_run_where_security_is_restricted(pod: Mapping[str, Any]) -> None:
    """By the profile `restricted` of Kubernetes' Pod Security Standards, as the image's own user, and with a root that
    cannot be written."""
    (container,) = pod["containers"]
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.M)
    assert user is not None
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (int(user[1]), int(user[2]))
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    for one in pod.get("initContainers", ()):
        assert one["securityContext"] == container["securityContext"]
        assert one["image"] == container["image"]
    assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert SETTINGS["TWINSERVE_ARTIFACTS"] in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["resources"]["limits"]["memory"]


def test_a_model_is_waited_for_and_waiting_ends_with_sigterm(tmp_path: Path) -> None:
    (container,) = DOORS["spec"]["initContainers"]
    environment = {**os.environ, "TWINSERVE_ARTIFACTS": str(tmp_path), "TWINSERVE_MODEL": "loans"}
    with (
        subprocess.Popen(container["command"], env=environment) as ended,
        subprocess.Popen(container["command"], env=environment) as waiting,
    ):
        wait_for(ended, lambda: len(family(ended.pid)) > 1)  # It sleeps: the trap is set.
        ended.terminate()
        assert ended.wait(10) == 143  # By itself: a signal that killed it would be negative.
        assert waiting.poll() is None
        (tmp_path / "loans").mkdir()
        (tmp_path / "loans" / "champion").touch()
        assert waiting.wait(10) == 0


def test_kserve_s_container_may_run_where_security_is_restricted() -> None:
    """All of the profile is said of the container, as a runtime has no securityContext of the pod."""
    (container,) = RUNTIME["containers"]
    assert container["securityContext"] == {
        **{name: DOORS["spec"]["securityContext"][name] for name in ("runAsNonRoot", "runAsUser", "runAsGroup")},
        **DOORS["spec"]["containers"][0]["securityContext"],
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_a_door_is_asked_at_one_port_and_nothing_else_is_open() -> None:
    policies = {name: OBJECTS[f"NetworkPolicy {name}"]["spec"] for name in ("twinserve-doors", "twinserve-training")}
    assert {name: (policy.get("ingress"), policy.get("egress")) for name, policy in policies.items()} == {
        "twinserve-doors": ([{"ports": [{"port": "http"}]}], None),
        "twinserve-training": (None, None),
    }
    assert all(policy["policyTypes"] == ["Ingress", "Egress"] for policy in policies.values())


def test_pods_that_wait_hold_up_no_drain_of_a_machine() -> None:
    budget = OBJECTS["PodDisruptionBudget twinserve"]["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_probes_ask_paths_on_ports_that_there_are() -> None:
    (door,), (kserve,) = DOORS["spec"]["containers"], RUNTIME["containers"]
    paths = {route.path for route in (*ROUTES, *V2.routes)}
    for container in (door, kserve):
        probes = [container[name]["httpGet"] for name in container if name.endswith("Probe")]
        ports = {port.get("name", port["containerPort"]) for port in container["ports"]}
        assert len(probes) >= 2
        assert {probe["path"] for probe in probes} <= paths
        assert {probe["port"] for probe in probes} <= ports
    assert str(door["ports"][0]["containerPort"]) == SETTINGS["TWINSERVE_PORT"]


def test_the_image_has_every_command() -> None:
    given = [DOORS["spec"]["containers"][0]["args"], RUNTIME["containers"][0]["args"]]
    given += [
        service["command"]
        for name, service in COMPOSE["services"].items()
        if name in ("fastapi", "flask") and "command" in service
    ]
    assert {words[0] for words in given} <= set(COMMANDS)
    for text in (TRAINING["spec"]["containers"][0]["command"][-1], COMPOSE["services"]["train"]["entrypoint"][-1]):
        assert re.search(r"python deploy/entrypoint\.py (\w+)", text)[1] in COMMANDS  # type: ignore[index]
    options = {word.split("=")[0] for word in RUNTIME["containers"][0]["args"][1:]}
    assert options == set(KSERVE)
