"""A bare name is not trained with what it is not known for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import fruit
from twinserve.release.same_source import OtherSource, require_same_source
from twinserve.store.registry import Registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A fruit made from an orchard, and after it a version that cannot be read."""
    registry = Registry(tmp_path_factory.mktemp("store"), "fruit")
    fruit.registered(fruit.FRUIT, registry.folder.parent)
    registry.path(2).mkdir()
    return registry


def test_a_name_that_is_known_for_something_else_is_refused(registry: Registry) -> None:
    with pytest.raises(OtherSource) as refused:
        require_same_source(registry, "tumor", "scikit-learn: load_breast_cancer")
    assert str(refused.value) == (
        "The model 'fruit' was trained on an orchard, and only its name was given: give --data or --recipe; "
        "--recipe tumor trains it on scikit-learn: load_breast_cancer from now on."
    )


def test_the_same_source_again_needs_no_word(registry: Registry) -> None:
    assert require_same_source(registry, "tumor", "an orchard") == ()


def test_the_recipes_own_name_needs_no_word(registry: Registry) -> None:
    assert require_same_source(registry, "fruit", "elsewhere") == ()


def test_a_new_name_earns_a_warning(tmp_path: Path) -> None:
    (note,) = require_same_source(Registry(tmp_path, "loans"), "tumor", "anything")
    assert (note.kind, "'loans'" in note.sentence, "'tumor'" in note.sentence) == ("warning", True, True)
