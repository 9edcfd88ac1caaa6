"""Opening a version from a store, and promoting one, without the command."""

from __future__ import annotations

from pathlib import Path

from twinserve import bounds
from twinserve.errors import ArtifactRefused, AskedWrongly
from twinserve.inprocess.model import Model
from twinserve.inprocess.wording import python_wording
from twinserve.signature.request.validator import MAX_BATCH
from twinserve.signature.signature import OutOfRange, require_policy
from twinserve.store.artifact import LoadedArtifact, Trust, open_version
from twinserve.store.given_path import given_path
from twinserve.store.models import VERSION, only_model
from twinserve.store.registry import Registry


def open_model(
    store: str | Path = "artifacts",
    name: str | None = None,
    version: int | str | None = None,
    *,
    trust_pickles: bool = False,
    seal_key: str | Path | None = None,
    out_of_range: OutOfRange = "warn",
    max_batch: int = MAX_BATCH,
    max_artifact: int = bounds.ARTIFACT,
) -> Model:
    """Open and check a version of a model as a server does: its champion, or the given version.

    `store` is the folder of all models, `name` may be left out where it holds one. The other arguments are the servers'
    settings of these names: `trust_pickles` opens versions stored as a pickle, `seal_key` (a file) only versions sealed
    with it, `out_of_range="reject"` refuses values that training never saw, `max_batch` limits a list,
    `max_artifact` the bytes of a version.

    Raises `RegistryError` where there is no such version, `ArtifactRefused` where it must not be opened.
    """
    require_policy(out_of_range)
    if max_batch < 1:
        raise AskedWrongly("max_batch is at least 1.")
    root = Path(store)
    with python_wording():
        registry = Registry(root, name or only_model(root))
        number = registry.require_champion().version if version is None else _number(version)
        artifact = _opened(registry, number, seal_key, trust_pickles=trust_pickles, max_artifact=max_artifact)
    return Model(artifact, number, out_of_range=out_of_range, max_batch=max_batch)


def promote(
    name: str,
    version: int | str,
    *,
    artifacts: str | Path = "artifacts",
    trust_pickles: bool = False,
    seal_key: str | Path | None = None,
    max_artifact: int = bounds.ARTIFACT,
) -> None:
    """Check a version (its files, its golden rows) and make it the champion, without the gate; running servers follow.

    Raises `RegistryError` where there is no such version, `ArtifactRefused` where a server would refuse it.
    """
    registry, number = Registry(Path(artifacts), name), _number(version)
    with python_wording():
        _opened(registry, number, seal_key, trust_pickles=trust_pickles, max_artifact=max_artifact)
    registry.promote(number)


def _number(version: int | str) -> int:
    if isinstance(version, bool) or not VERSION.fullmatch(str(version)):
        raise AskedWrongly(f"A version is a whole number from 1, not {version!r}.")
    return int(version)


def _opened(
    registry: Registry, number: int, seal_key: str | Path | None, *, trust_pickles: bool, max_artifact: int
) -> LoadedArtifact:
    folder = registry.require(number)
    try:
        key = None if seal_key is None else given_path(seal_key).read_bytes()
    except OSError as error:
        raise ArtifactRefused(f"The seal key cannot be read ({error.strerror}); nothing is opened.") from None
    return open_version(folder, Trust(trust_pickles, key, max_artifact))
