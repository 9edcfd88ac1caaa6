"""What is registered can be served: it was written, opened and replayed before it got a number."""

from __future__ import annotations

import importlib.metadata
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness import fruit
from twinserve.metric import names
from twinserve.release.build import LIBRARIES, require_writable
from twinserve.signature.request.validator import Validator
from twinserve.store.artifact import Trust, open_version, read_manifest
from twinserve.store.registry import Registry

pytestmark = pytest.mark.long


def test_a_version_holds_what_the_design_says(pristine_fruit: Path) -> None:
    names = {path.name for path in pristine_fruit.iterdir()}
    assert {"manifest.json", "signature.json", "golden.json", "card.md", "pipeline.skops"} <= names


def test_the_manifest_tells_where_the_model_came_from(pristine_fruit: Path) -> None:
    facts = read_manifest(pristine_fruit)
    training = facts.training
    assert (facts.name, facts.task, facts.metric) == ("fruit", "classification", "log_loss")
    assert facts.classes == ("apple", "pear")
    assert (training.seed, training.rows, training.source) == (0, 200, "an orchard")
    assert training.estimator == "logistic regression"
    assert training.libraries["scikit-learn"] == importlib.metadata.version("scikit-learn")
    age = datetime.now(UTC) - datetime.fromisoformat(training.created)
    assert timedelta(0) <= age < timedelta(hours=1)


def test_the_metrics_are_those_of_the_hold_out(pristine_fruit: Path) -> None:
    metrics = read_manifest(pristine_fruit).metrics
    assert list(metrics) == names("classification")
    assert metrics["accuracy"] > 0.7


def test_versions_count_up_and_promote_themselves_never(tmp_path: Path) -> None:
    first, second = (fruit.registered(fruit.PRICE, tmp_path) for _ in range(2))
    assert [first.name, second.name] == ["1", "2"]
    assert Registry(tmp_path, "price").champion() is None


def test_a_store_is_tried_without_leaving_anything_in_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "store", "price")
    require_writable(registry)
    assert registry.versions() == []
    assert [path.name for path in registry.folder.iterdir()] == ["lock"]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        require_writable(Registry(tmp_path / "file", "price"))


def test_two_trainings_differ_in_nothing_but_the_time(tmp_path: Path) -> None:
    first, second = (fruit.registered(fruit.FRUIT, tmp_path) for _ in range(2))
    for name in ("signature.json", "golden.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert read_manifest(first).metrics == read_manifest(second).metrics
    assert read_manifest(first).training.data_fingerprint == read_manifest(second).training.data_fingerprint


def test_golden_rows_are_requests_that_the_signature_takes(pristine_fruit: Path) -> None:
    opened = open_version(pristine_fruit, Trust())
    pairs = json.loads((pristine_fruit / "golden.json").read_text())
    assert len(pairs) >= 20
    for pair in pairs:
        Validator(opened.signature).validate(json.dumps(pair["request"]).encode())


def test_a_full_disk_registers_nothing(tmp_path: Path) -> None:
    """A file where the model's folder should be is as good as a full disk, and root may not write there either."""
    (tmp_path / "fruit").write_text("in the way")
    with pytest.raises(OSError, match="fruit"):
        fruit.registered(fruit.FRUIT, tmp_path)
    assert (tmp_path / "fruit").read_text() == "in the way"


def test_a_library_that_is_not_installed_is_not_named(pristine_fruit: Path) -> None:
    libraries = read_manifest(pristine_fruit).training.libraries
    assert set(libraries) <= set(LIBRARIES)
    assert all(importlib.metadata.version(name) == version for name, version in libraries.items())
