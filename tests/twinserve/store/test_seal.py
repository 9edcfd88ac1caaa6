"""Seals: with a key, no version is opened without its seal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from twinserve.errors import ArtifactRefused
from twinserve.store import artifact, manifest, seal
from twinserve.store.artifact import MANIFEST, Trust, open_version, read_manifest

PRIVATE, PUBLIC = seal.new_keys()
FOREIGN, _ = seal.new_keys()
OURS = Trust(seal_key=PUBLIC)


@pytest.fixture(scope="module")
def plain(artifacts: Path) -> Path:
    """A version without a seal."""
    return artifacts / "tumor" / "1"


@pytest.fixture
def sealed(plain: Path, tmp_path: Path) -> Path:
    """The same, sealed."""
    return write(plain, tmp_path / "sealed", PRIVATE)


def write(plain: Path, folder: Path, key: bytes | None) -> Path:
    """The version again, sealed with this key or not at all."""
    folder.mkdir()
    files = {name: (plain / name).read_bytes() for name in read_manifest(plain).files}
    artifact.write(folder, files, read_manifest(plain), key)
    return folder


def test_a_sealed_version_opens(sealed: Path) -> None:
    """With a key and without one."""
    assert open_version(sealed, OURS).manifest.name == "tumor"
    assert open_version(sealed, Trust()).manifest.name == "tumor"


def test_without_our_seal_nothing_opens(plain: Path, tmp_path: Path) -> None:
    """Not sealed, sealed with another key, or with bytes that are not a seal."""
    with pytest.raises(ArtifactRefused, match="not sealed"):
        open_version(plain, OURS)
    foreign = write(plain, tmp_path / "foreign", FOREIGN)
    for content in (None, b"", b"x" * 64, b"x" * 1000):
        if content is not None:
            (foreign / seal.SEAL).write_bytes(content)
        with pytest.raises(ArtifactRefused, match="another key"):
            open_version(foreign, OURS)


def test_whatever_is_altered_breaks_the_seal_or_the_digests(sealed: Path) -> None:
    """Even if the digests are corrected."""
    content = json.loads((sealed / MANIFEST).read_text())
    (sealed / "card.md").write_bytes(b"forged")
    with pytest.raises(ArtifactRefused, match=r"card\.md"):
        open_version(sealed, OURS)
    content["files"]["card.md"], content["own_digest"] = manifest.digest(b"forged"), manifest.UNSET
    (sealed / MANIFEST).write_bytes(manifest.with_own_digest(json.dumps(content).encode()))
    assert open_version(sealed, Trust()).manifest.files["card.md"] == manifest.digest(b"forged")
    with pytest.raises(ArtifactRefused, match="another key"):
        open_version(sealed, OURS)


def test_the_seal_comes_before_everything_else(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte of the version is parsed before."""

    def parsed(_: object) -> None:
        raise AssertionError("the manifest was parsed")

    monkeypatch.setattr(artifact, "_manifest", parsed)
    (sealed / seal.SEAL).unlink()
    with pytest.raises(ArtifactRefused, match="not sealed"):
        open_version(sealed, OURS)
    shutil.rmtree(sealed)
    sealed.mkdir()
    with pytest.raises(ArtifactRefused, match="not sealed"):
        open_version(sealed, OURS)


@pytest.mark.parametrize("key", [b"", b"x", PRIVATE, PUBLIC.replace(b"M", b"N", 1)])
def test_what_is_no_public_key_opens_nothing(sealed: Path, key: bytes) -> None:
    """A mistake in the settings must not open the door."""
    with pytest.raises(ArtifactRefused, match="key"):
        open_version(sealed, Trust(seal_key=key))


RSA = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("key", [b"", b"x", PUBLIC, RSA])
def test_what_is_no_ed25519_key_seals_nothing(key: bytes) -> None:
    """Known before anything is written."""
    with pytest.raises(seal.BadKey):
        seal.make(b"manifest", key)
