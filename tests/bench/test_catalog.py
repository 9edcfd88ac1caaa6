"""The catalog: unique names, an environment for each peer, and all names in `--help`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.catalog import ALL, ENVIRONMENTS, MODELS, SUBJECTS
from bench.environments import PEERS
from bench.recipes import RECIPES

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_no_two_servers_have_the_same_name() -> None:
    assert len(ALL) == len(SUBJECTS)


def test_every_model_has_a_recipe() -> None:
    assert set(MODELS) == set(RECIPES)


def test_every_floor_that_a_server_names_can_be_measured() -> None:
    assert {subject.floor for subject in ALL if subject.floor} <= set(SUBJECTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_peer_says_what_it_needs(environment: str) -> None:
    assert (PEERS / environment / "requirements.txt").read_text().strip()


def test_peers_and_only_peers_have_environments_of_their_own() -> None:
    assert all((subject.environment is not None) == (subject.group == "peer") for subject in ALL)


def test_help_names_every_server() -> None:
    root = Path(__file__).parents[2]
    shown = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], capture_output=True, text=True, cwd=root, check=True
    )
    assert all(name in " ".join(shown.stdout.split()).replace("- ", "-") for name in SUBJECTS)
