"""Seals: an Ed25519 signature over a version's manifest, which has the digests of all other files.

A seal proves that the holder of the private key made the model. A user who can write to the store but lacks the key
cannot add a version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twinserve.errors import ArtifactRefused

SEAL: Final = "manifest.seal"
CONTEXT: Final = b"twinserve manifest 1\n"
"""Signed before the manifest, so that a seal cannot serve as a signature of anything else by the same key."""


class BadKey(ValueError):
    """A file holds no Ed25519 private key in PEM, or sealing is not possible; the message says why."""


def new_keys() -> tuple[bytes, bytes]:
    """A new pair of private and public key, both as PEM."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), public


def public_key(private_key: bytes) -> bytes:
    """The public key of a private one, both as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    key = load_pem_private_key(private_key, password=None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def make(manifest: bytes, private_key: bytes) -> bytes:
    """The seal of a manifest; `private_key` is PEM. Raises `BadKey`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(private_key, password=None)
    except (ValueError, TypeError):
        raise BadKey("The key that seals must be an unencrypted private key in PEM.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey("The key that seals must be an Ed25519 key.")
    return key.sign(CONTEXT + manifest)


def read_private_key(path: Path) -> bytes:
    """The private key in a file, checked before a long training; raises `BadKey`."""
    try:
        key = path.read_bytes()
        make(b"", key)
    except OSError as error:
        raise BadKey(f"cannot be read ({error.strerror})") from None
    except ImportError:
        raise BadKey("sealing needs cryptography: pip install 'twinserve[seal]'") from None
    return key


def check(manifest: bytes | None, seal: bytes | None, public_key: bytes) -> None:
    """Raise `ArtifactRefused` unless the seal is a signature of this manifest by this key; `public_key` is PEM."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        raise ArtifactRefused("Checking seals needs cryptography: pip install 'twinserve[seal]'.") from None
    try:
        key = load_pem_public_key(public_key)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ArtifactRefused(
            "The key that checks seals is no Ed25519 public key in PEM; make one with twinserve keys."
        )
    if seal is None or manifest is None:
        raise ArtifactRefused("The artifact is not sealed; train it with --seal-key.")
    try:
        key.verify(seal, CONTEXT + manifest)
    except InvalidSignature:
        raise ArtifactRefused(
            "The artifact's seal was made with another key, or the manifest was altered; train it again."
        ) from None
