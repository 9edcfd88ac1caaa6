"""What stands in `deploy/compose.yaml` beside what is true of Kubernetes, too (`test_kubernetes.py`)."""

from __future__ import annotations

import re
from typing import Final

import yaml

from harness import ROOT

DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_in_compose_only_the_training_writes_the_store() -> None:
    mounts = {
        name: volume.split(":", 1)[1]
        for name, service in COMPOSE["services"].items()
        for volume in service.get("volumes", ())
        if volume.startswith("models:")
    }
    assert mounts == {
        "fastapi": "/srv/artifacts:ro", "flask": "/srv/artifacts:ro", "train": "/srv/artifacts",
    }  # fmt: skip


def test_compose_mounts_files_that_there_are_and_names_its_own_services() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        sources = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert all((DEPLOY / source).exists() for source in sources if source.startswith(".")), sources
        assert set(service.get("depends_on", ())) <= set(services)
    nginx = (DEPLOY / "nginx.conf").read_text()
    for before, after in re.findall(r"s/([\d.:]+)/(\w+:\d+)/", services["nginx"]["command"][-1]):
        assert f"server {before} " in nginx
        assert after.split(":")[0] in services
    targets = yaml.safe_load((DEPLOY / "prometheus" / "compose.yml").read_text())["scrape_configs"][0]["static_configs"]
    assert {target.split(":")[0] for target in targets[0]["targets"]} == {"fastapi", "flask"}
