"""Opening a version and promoting one, by the checks of a server and of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import fruit
from twinserve import ModelError, fit, open_model, promote
from twinserve.errors import ArtifactRefused, AskedWrongly, RegistryError
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_the_only_model_of_a_store_needs_no_name(registry: Registry) -> None:
    model = open_model(registry.folder.parent)
    assert (model.name, model.version) == (registry.name, "1")


def test_a_store_of_several_models_asks_for_one(tmp_path: Path) -> None:
    for recipe in (fruit.FRUIT, fruit.PRICE):
        fruit.registered(recipe, tmp_path)
    with pytest.raises(RegistryError, match="has several models; name= takes one of: fruit, price"):
        open_model(tmp_path)


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_what_is_no_path_is_told(registry: Registry, path: str) -> None:
    """Of a store and of a key, wherever one is given."""
    root = registry.folder.parent
    for ask in (
        lambda: open_model(path),
        lambda: open_model(path, "fruit"),
        lambda: open_model(root, seal_key=path),
        lambda: promote("fruit", 1, artifacts=path),
        lambda: promote("fruit", 1, artifacts=root, seal_key=path),
        lambda: fit(fruit.table().features, "kind", artifacts=path),
    ):
        with pytest.raises(AskedWrongly, match=r"^'a\\(x00|ud800)b' is no path: "):
            ask()


def test_a_mistyped_name_is_told_with_those_that_there_are(registry: Registry) -> None:
    with pytest.raises(RegistryError, match=r"^There is no model 'furit' in .*; it has: fruit"):
        open_model(registry.folder.parent, "furit")


def test_without_a_champion_it_says_which_version_there_is(tmp_path: Path) -> None:
    fruit.registered(fruit.FRUIT, tmp_path)
    with pytest.raises(RegistryError, match=r"'fruit' has no champion in .*; promote .*, such as 1\.$"):
        open_model(tmp_path)
    assert open_model(tmp_path, version=1).version == open_model(tmp_path, "fruit", "1").version == "1"


@pytest.mark.parametrize("version", [0, -1, "latest", True, 1.5])
def test_what_is_no_version_is_refused(registry: Registry, version: int) -> None:
    with pytest.raises(AskedWrongly, match="A version is a whole number from 1"):
        open_model(registry.folder.parent, version=version)


def test_a_damaged_version_is_neither_opened_nor_promoted(registry: Registry) -> None:
    """Version 3 of that store is damaged."""
    root = registry.folder.parent
    with pytest.raises(ArtifactRefused):
        open_model(root, version=3)
    with pytest.raises(ArtifactRefused):
        promote(registry.name, 3, artifacts=root)
    assert registry.champion() == 1


def test_a_promoted_version_is_opened_next(registry: Registry) -> None:
    root = registry.folder.parent
    promote(registry.name, "2", artifacts=root)
    assert open_model(root).version == "2"


def test_a_pickle_is_opened_only_if_it_is_trusted(pristine_own: Path) -> None:
    root = pristine_own.parents[1]
    with pytest.raises(ArtifactRefused, match=r"; allow pickles \(trust_pickles=True\) if you made it yourself\.$"):
        open_model(root, version=1)
    assert open_model(root, version=1, trust_pickles=True).name == "own"


def test_a_version_that_is_too_large_names_the_argument(registry: Registry) -> None:
    root = registry.folder.parent
    less = sum(path.stat().st_size for path in registry.path(1).rglob("*") if path.is_file()) - 1
    with pytest.raises(ArtifactRefused, match=r"allow more \(max_artifact=\)\.$"):
        open_model(root, version=1, max_artifact=less)
    with pytest.raises(ArtifactRefused, match=r"allow more \(max_artifact=\)\.$"):
        promote(registry.name, 1, artifacts=root, max_artifact=less)


def test_a_seal_is_required_where_a_key_is_given(registry: Registry, tmp_path: Path) -> None:
    root = registry.folder.parent
    with pytest.raises(ArtifactRefused, match="The seal key cannot be read"):
        open_model(root, seal_key=tmp_path / "none.pem")
    (tmp_path / "key.pem").write_bytes(b"no key")
    with pytest.raises(ModelError):
        open_model(root, seal_key=tmp_path / "key.pem")


def test_settings_are_checked(registry: Registry) -> None:
    root = registry.folder.parent
    with pytest.raises(AskedWrongly, match="out_of_range"):
        open_model(root, out_of_range="ignore")  # type: ignore[arg-type]
    with pytest.raises(AskedWrongly, match="max_batch"):
        open_model(root, max_batch=0)
