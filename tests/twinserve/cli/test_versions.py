"""What `train.py`'s other verbs say and do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import fruit
from twinserve.cli.versions import Arguments, VerbResult, ask
from twinserve.errors import ArtifactRefused, ModelError
from twinserve.release.build import Lineage, build
from twinserve.store import seal
from twinserve.store.artifact import Trust
from twinserve.store.registry import Registry

PRIVATE, PUBLIC = seal.new_keys()
OURS = Trust(seal_key=PUBLIC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Version 1 is sealed, version 2 is not; not to be changed but for the champion."""
    registry = Registry(tmp_path_factory.mktemp("store"), "fruit")
    made = fruit.fitted(fruit.FRUIT)
    for key in (PRIVATE, None):
        build(registry, fruit.FRUIT, *made, Lineage(0, None), seal_key=key)
    return registry


@pytest.fixture
def registry(store: Registry) -> Registry:
    """The same, with version 1 as its champion."""
    store.promote(1)
    return store


def said(registry: Registry, verb: str, *versions: int, trust: Trust = OURS) -> VerbResult:
    """What a verb has to say."""
    return ask(verb, registry, Arguments(versions, 5, trust))


def test_the_list_has_a_line_for_each_version_with_its_source(registry: Registry) -> None:
    result = said(registry, "list")
    assert result.lines[0].split()[:2] == ["1", "champion"]
    assert all(line.endswith("logistic regression, from an orchard") for line in result.lines)
    assert [(value["version"], value["champion"], value["source"]) for value in result.values] == [
        (1, True, "an orchard"),
        (2, False, "an orchard"),
    ]


def test_the_list_stays_one_where_the_champion_is_unknown(registry: Registry) -> None:
    """What is wrong with it says to promote a version: one of these."""
    (registry.folder / "champion").write_text("?")
    result = said(registry, "list")
    assert [value["version"] for value in result.values if not value["champion"]] == [1, 2]
    assert result.lines[-1] == "The champion file of 'fruit' is damaged; promote a version to write it anew."
    assert not result.done


def test_a_version_is_shown_with_its_source(registry: Registry) -> None:
    assert any(line.startswith("made ") and line.endswith(" from an orchard") for line in said(registry, "show").lines)


def test_verify_checks_seals_where_a_public_key_is_given(registry: Registry) -> None:
    result = said(registry, "verify")
    assert [line.split(maxsplit=1)[1] for line in result.lines] == [
        "ok",
        "The artifact is not sealed; train it with --seal-key.",
    ]
    assert not result.done
    assert said(registry, "verify", trust=Trust()).done
    assert said(registry, "verify", 1).done


def test_what_servers_would_refuse_is_not_promoted(registry: Registry) -> None:
    with pytest.raises(ArtifactRefused, match="is not sealed"):
        said(registry, "promote", 2)
    assert registry.champion() == 1
    said(registry, "promote", 2, trust=Trust())
    assert registry.champion() == 2
    assert said(registry, "rollback").values == {"champion": 1}


def test_two_versions_of_the_same_data_differ_in_nothing(registry: Registry) -> None:
    result = said(registry, "diff", 1, 2, trust=Trust())
    assert result.lines[0] == "the same input"
    assert all(was == now for was, now in result.values["metrics"].values())


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    empty = Registry(tmp_path, "fruit")
    assert said(empty, "list").lines == [f"'fruit' has no versions yet in {tmp_path}."]
    assert not said(empty, "verify").done
    assert said(empty, "prune").lines == ["Removed: none."]
    with pytest.raises(ModelError, match=f"has no champion in {tmp_path}; name a version"):
        said(empty, "show")


def test_a_model_without_versions_names_the_others_of_its_store(registry: Registry) -> None:
    """Whoever forgets `--name` asks for the default model."""
    (registry.folder.parent / "empty").mkdir(exist_ok=True)
    other = Registry(registry.folder.parent, "tumor")
    told = "; --name takes another model of this store: fruit"
    assert said(other, "list").lines == [f"'tumor' has no versions yet{told}."]
    assert said(other, "verify").lines == [f"'tumor' has no versions to verify{told}."]
    with pytest.raises(ModelError, match=rf"^'tumor' has no champion{told}; name a version\.$"):
        said(other, "show")
