"""What a training says to do next works when it is pasted into a shell."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness import fruit
from harness.running import DOORS, running
from twinserve.cli.next_step import next_step
from twinserve.cli.pasted import program
from twinserve.inprocess.opening import open_model
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.signature import Signature
from twinserve.store.artifact import Trust, open_version
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]

TRICKY = 'it\'s; $(false) `x` \\ [b] :car: "q" é'
"""What a shell, a terminal or JSON might read as more than a text."""


def table() -> pd.DataFrame:
    """Every type of a column, with names and values that a shell would read."""
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 120), unit="D")
    return pd.DataFrame(
        {
            "it's.size": rng.normal(3, 1, 120),
            "it's.count": rng.integers(1, 9, 120),
            "kind": rng.choice([TRICKY, "other"], 120, p=[0.8, 0.2]),
            "is new": rng.random(120) < 0.5,
            "day": days.strftime("%Y-%m-%d"),
            "moment": days.strftime("%Y-%m-%dT12:00:00Z"),
            "bad": rng.choice(["yes", "no"], 120),
        }
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A store with a model of that table."""
    recipe = table_recipe("odd", table(), TableOptions("bad"), "a table")
    chosen = replace(recipe, candidates=lambda seed: dict([*recipe.candidates(seed).items()][:1]))
    registry = Registry(Path(fruit.registered(chosen, tmp_path_factory.mktemp("my store"))).parents[1], "odd")
    registry.promote(1)
    return registry


def commands(registry: Registry) -> list[str]:
    """The next steps with the version that is the champion."""
    folder = registry.path(registry.require_champion().version)
    return next_step(folder, open_version(folder, Trust()).signature)


@pytest.mark.parametrize("door", DOORS)
def test_the_printed_request_is_answered_by_the_served_model(registry: Registry, tmp_path: Path, door: str) -> None:
    serve, ask = commands(registry)
    words = shlex.split(serve)
    assert words == [program(), "serve", "--name", "odd", "--artifacts", str(registry.folder.parent)]
    with running(door, tmp_path, registry.folder.parent, model="odd", out_of_range="reject") as server:
        line = ask.replace(":8000/", f":{server.port}/") + " -w ' %{http_code}'"
        done = subprocess.run(["sh", "-c", line], env=os.environ, capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition(" ")
    assert status == "200", done.stdout
    answer = json.loads(body)
    assert (answer["model"], answer["warnings"]) == ("odd", [])


def row_of(registry: Registry) -> Any:
    """The row of the printed request."""
    return json.loads(shlex.split(commands(registry)[1])[-1])


def test_the_row_has_medians_and_the_most_frequent_category_and_is_no_row_of_the_table(registry: Registry) -> None:
    row = row_of(registry)
    assert row["kind"] == TRICKY
    assert row["it's"]["count"] in range(1, 9)
    assert row["it's"]["size"] == pytest.approx(table()["it's.size"].median(), abs=0.3)
    assert row["it's"]["size"] not in set(table()["it's.size"])
    assert open_model(registry.folder.parent, "odd").predict(row)


def test_a_version_that_only_a_pickle_holds_is_served_with_trust(tmp_path: Path) -> None:
    folder = fruit.registered(fruit.OWN_TRANSFORMER, tmp_path)
    signature = open_version(folder, Trust(pickles=True)).signature
    assert next_step(folder, signature)[0].startswith(f"TWINSERVE_TRUST_PICKLES=true {program()} serve --name own")


def test_a_row_that_is_too_long_for_a_shell_is_not_printed(tmp_path: Path) -> None:
    features = [{"path": [f"x{place}" * 20], "type": "number"} for place in range(1500)]
    assert len(next_step(tmp_path / "wide" / "1", Signature.model_validate({"features": features}))) == 1
