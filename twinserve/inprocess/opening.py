"""Opening a version from a store, and promoting one, without the command."""

from __future__ import annotations

from pathlib import Path

from twinserve.errors import ArtifactRefused, AskedWrongly, RegistryError
from twinserve.inprocess.model import Model
from twinserve.signature.request.validator import MAX_BATCH
from twinserve.signature.signature import OutOfRange
from twinserve.store.artifact import Trust, open_version
from twinserve.store.models import only_model, other_models
from twinserve.store.registry import VERSION, Registry


def open_model(
    store: str | Path = "artifacts",
    name: str | None = None,
    version: int | str | None = None,
    *,
    trust_pickles: bool = False,
    seal_key: str | Path | None = None,
    out_of_range: OutOfRange = "warn",
    max_batch: int = MAX_BATCH,
) -> Model:
    """Open and check a version of a model as a server does: its champion, or the given version.

    `store` is the folder of all models, `name` may be left out where it holds one. The other arguments are the servers'
    settings of these names: `trust_pickles` opens versions stored as a pickle, `seal_key` (a file) only versions sealed
    with it, `out_of_range="reject"` refuses values that training never saw, `max_batch` limits a list.

    Raises `RegistryError` where there is no such version, `ArtifactRefused` where it must not be opened.
    """
    if out_of_range not in ("warn", "reject"):
        raise AskedWrongly(f"out_of_range is 'warn' or 'reject', not {out_of_range!r}.")
    if max_batch < 1:
        raise AskedWrongly("max_batch is at least 1.")
    root = Path(store)
    registry = Registry(root, name or _only_model(root))
    number = _champion(registry) if version is None else _number(version)
    artifact = open_version(registry.require(number), _trust(seal_key, trust_pickles=trust_pickles))
    return Model(artifact, number, out_of_range=out_of_range, max_batch=max_batch)


def promote(
    name: str,
    version: int | str,
    *,
    artifacts: str | Path = "artifacts",
    trust_pickles: bool = False,
    seal_key: str | Path | None = None,
) -> None:
    """Check a version (its files, its golden rows) and make it the champion, without the gate; running servers follow.

    Raises `RegistryError` where there is no such version, `ArtifactRefused` where a server would refuse it.
    """
    registry, number = Registry(Path(artifacts), name), _number(version)
    open_version(registry.require(number), _trust(seal_key, trust_pickles=trust_pickles))
    registry.promote(number)


def _only_model(root: Path) -> str:
    try:
        return only_model(root)
    except RegistryError as error:
        raise RegistryError(str(error).replace("--name takes", "`name` is")) from None


def _champion(registry: Registry) -> int:
    number = registry.champion()
    if number is None:
        made = registry.versions()
        others = other_models(registry)
        advice = f"that store has: {others}" if others else "train one first"
        if made:
            advice = f"give version={made[-1]} or promote it"
        raise RegistryError(f"There is no champion of {registry.name!r} in {registry.folder.parent}; {advice}.")
    return number


def _number(version: int | str) -> int:
    if isinstance(version, bool) or not VERSION.fullmatch(str(version)):
        raise AskedWrongly(f"A version is a whole number from 1, not {version!r}.")
    return int(version)


def _trust(seal_key: str | Path | None, *, trust_pickles: bool) -> Trust:
    try:
        key = None if seal_key is None else Path(seal_key).read_bytes()
    except OSError as error:
        raise ArtifactRefused(f"The seal key cannot be read ({error.strerror}); nothing is opened.") from None
    return Trust(trust_pickles, key)
