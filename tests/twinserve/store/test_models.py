"""The models of a store, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from twinserve.errors import RegistryError
from twinserve.store.models import models, only_model


def test_models_are_those_that_have_versions(tmp_path: Path) -> None:
    for folder in ("pear/1", "apple/2", "empty", "Not a name/1"):
        (tmp_path / folder).mkdir(parents=True)
    assert models(tmp_path) == ["apple", "pear"]
    assert models(tmp_path / "nowhere") == []


def test_the_only_model_needs_no_name(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=rf"^There are no models in {tmp_path} yet; train one, "):
        only_model(tmp_path)
    (tmp_path / "pear/1").mkdir(parents=True)
    assert only_model(tmp_path) == "pear"
    (tmp_path / "apple/1").mkdir(parents=True)
    with pytest.raises(RegistryError, match="--name takes one of: apple, pear"):
        only_model(tmp_path)
