"""The manifest names every file with its digest, and nothing else may be there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinserve.errors import ArtifactRefused
from twinserve.store.artifact import read_manifest
from twinserve.store.manifest import Manifest, digest, require_digest, require_names


def naming(folder: Path, **files: bytes) -> Manifest:
    """A manifest that names these files."""
    return read_manifest(folder).model_copy(
        update={"files": {name: digest(content) for name, content in files.items()}}
    )


def check(facts: Manifest, files: dict[str, bytes]) -> None:
    """As an opening does: the names first, as nothing that is not named is read."""
    require_names(facts, files.keys())
    for name, content in files.items():
        require_digest(facts, name, digest(content))


@given(st.binary())
def test_a_digest_is_the_sha_256_in_hexadecimal(content: bytes) -> None:
    assert digest(content) == hashlib.sha256(content).hexdigest()


def test_exactly_the_named_files_pass(pristine_fruit: Path) -> None:
    check(naming(pristine_fruit, a=b"1", b=b""), {"a": b"1", "b": b""})


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a": b"1"}, "The file b is missing; restore the artifact or train again."),
        ({"b": b"2"}, "The file a is missing; restore the artifact or train again."),
        ({"a": b"1", "b": b"2", "c": b""}, "The file c does not belong to the artifact; remove it or train again."),
        ({"a": b"1", "b": b"3"}, "The file b was altered after training; restore it or train again."),
        ({"a": b"2", "b": b"1"}, "The file a was altered after training; restore it or train again."),
        ({}, "The file a is missing; restore the artifact or train again."),
    ],
)
def test_anything_else_is_refused_by_the_name_of_the_file(
    pristine_fruit: Path, files: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(ArtifactRefused) as refused:
        check(naming(pristine_fruit, a=b"1", b=b"2"), files)
    assert str(refused.value) == sentence


def test_a_manifest_survives_its_file(pristine_fruit: Path) -> None:
    facts = read_manifest(pristine_fruit)
    assert Manifest.model_validate_json(facts.model_dump_json()) == facts
