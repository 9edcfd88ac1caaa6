"""The same result is no new version."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import fruit
from twinserve.proof.prove import compile_model, prove
from twinserve.recipes import Recipe
from twinserve.release.build import Built, Lineage, Registered, register
from twinserve.release.quality import evaluate_on_holdout
from twinserve.store import manifest, seal
from twinserve.store.registry import Registry

pytestmark = pytest.mark.long

PRIVATE, PUBLIC = seal.new_keys()


def made(recipe: Recipe, seed: int = 0) -> Built:
    """What a training of a recipe makes."""
    data, fitted = fruit.fitted(recipe, seed)
    graph = compile_model(fitted.pipeline, data.signature)
    proved = prove(fitted.pipeline, graph, data.signature, data.classes, data.sides, seed)
    quality = evaluate_on_holdout(proved.predictor, data, fitted.baseline, seed, recipe.metric)
    return Built(recipe, data, fitted, proved, quality, Lineage(seed=seed, git_commit=None))


@pytest.fixture(scope="module")
def built() -> Built:
    """A training of the fruit."""
    return made(fruit.FRUIT)


def again(registry: Registry, built: Built, seal_key: bytes | None = None) -> Registered:
    """Register as a training does."""
    return register(registry, built, seal_key=seal_key, unless_same=True)


def altered(registry: Registry, version: int, **training: object) -> None:
    """Change facts about the training of a version."""
    path = registry.path(version) / "manifest.json"
    facts = json.loads(path.read_text())
    facts["training"] |= training
    facts["own_digest"] = manifest.UNSET
    path.write_bytes(manifest.with_own_digest(json.dumps(facts).encode()))


def test_the_same_training_makes_one_version(tmp_path: Path) -> None:
    """Fitted twice, at another time and from another commit."""
    registry = Registry(tmp_path, "fruit")
    first = again(registry, made(fruit.FRUIT))
    altered(registry, 1, created="2020-01-01T00:00:00+00:00", source="elsewhere", git_commit="abc", libraries={})
    second = made(fruit.FRUIT)
    same = again(registry, replace(second, lineage=replace(second.lineage, git_commit="def")))
    assert (first.version, first.is_new, same.version, same.is_new) == (1, True, 1, False)
    assert same.manifest.training.git_commit == "abc"  # That of the version which is there.
    assert [path.name for path in registry.folder.iterdir() if path.name != "lock"] == ["1"]


def test_what_only_scikit_learn_can_serve_is_the_same_by_what_it_predicts(tmp_path: Path) -> None:
    registry = Registry(tmp_path, fruit.OWN_TRANSFORMER.name)
    assert again(registry, made(fruit.OWN_TRANSFORMER)).is_new
    assert not again(registry, made(fruit.OWN_TRANSFORMER)).is_new


@pytest.mark.parametrize(
    "training",
    [{"data_fingerprint": "0"}, {"rows": 7}, {"estimator": "x"}, {"parameters": {}}, {"fitted_with": "1.0"}],
)
def test_any_other_fact_makes_another_version(built: Built, tmp_path: Path, training: dict[str, object]) -> None:
    registry = Registry(tmp_path, "fruit")
    again(registry, built)
    altered(registry, 1, **training)
    assert again(registry, built).version == 2


def test_another_candidate_makes_another_version(built: Built, tmp_path: Path) -> None:
    registry = Registry(tmp_path, "fruit")
    again(registry, built)
    worse = replace(fruit.FRUIT, candidates=lambda seed: {"hardly fitted": fruit.candidates(seed)["hardly fitted"]})
    assert again(registry, made(worse)).version == 2
    assert again(registry, built).version == 1


def test_a_damaged_version_is_made_anew(built: Built, tmp_path: Path) -> None:
    registry = Registry(tmp_path, "fruit")
    again(registry, built)
    (registry.path(1) / "golden.json").write_text("[]")
    assert again(registry, built).version == 2
    (registry.path(2) / "manifest.json").unlink()
    assert again(registry, built).version == 3


def test_of_several_the_champion_is_the_one_and_else_the_newest(built: Built, tmp_path: Path) -> None:
    registry = Registry(tmp_path, "fruit")
    for _ in range(3):
        register(registry, built)
    assert again(registry, built).version == 3
    registry.promote(2)
    assert again(registry, built).version == 2
    (registry.folder / "champion").write_text("?")
    assert again(registry, built).version == 3


def test_a_seal_is_asked_for_by_who_seals(built: Built, tmp_path: Path) -> None:
    """A version without it, or with another key's, does not serve those who ask for a seal."""
    registry = Registry(tmp_path, "fruit")
    assert again(registry, built).version == 1
    assert again(registry, built, PRIVATE).version == 2
    assert not again(registry, built, PRIVATE).is_new
    assert not again(registry, built).is_new
    assert again(registry, built, seal.new_keys()[0]).version == 3
