"""Find the version that a training has made before: the same result is no new version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from twinserve.conformal import stored as stored_coverage
from twinserve.errors import ModelError
from twinserve.explain import stored
from twinserve.release.promotion import champion_if_known
from twinserve.store import artifact, examples, fitted_rows, twin
from twinserve.store.artifact import Trust, open_version, read_manifest
from twinserve.store.manifest import Manifest
from twinserve.store.registry import Registry

COMPARED: Final = (
    *(artifact.MODEL, artifact.SIGNATURE, artifact.GOLDEN),
    *(stored.NAME, stored_coverage.NAME, examples.NAME, fitted_rows.NAME, twin.MODEL),
)
"""Of the stored pipeline no two files are equal, as each holds its time; what it predicts is in the golden rows."""
CIRCUMSTANCES: Final = {"source", "created", "seed", "git_commit", "libraries"}
"""Facts about a training that are no part of its result; the card tells of them, too."""


def same_version(registry: Registry, staged: Path, trust: Trust) -> int | None:
    """The number of a whole version with the same result as a staged one, the champion if it is one of several.

    The result is the compiled model, the signature, the golden rows, the examples and every other fact of the manifest:
    data, metrics, parameters, proof. With `trust.seal_key` only a version that this key sealed counts."""
    wanted = _result(read_manifest(staged))
    found = [version for version in reversed(registry.versions()) if _is_same(registry.path(version), wanted, trust)]
    champion = champion_if_known(registry)
    return champion if champion in found else next(iter(found), None)


def _is_same(folder: Path, wanted: Mapping[str, Any], trust: Trust) -> bool:
    try:
        if _result(read_manifest(folder)) != wanted:
            return False
        open_version(folder, trust)  # One that is damaged is made anew.
    except ModelError:
        return False
    return True


def _result(facts: Manifest) -> Mapping[str, Any]:
    values = facts.model_dump(exclude={"files", "own_digest"})
    for name in CIRCUMSTANCES:
        del values["training"][name]
    del values["predictor"]["batch_invariance"]  # How many rows were asked depends on the time that it took.
    return values | {name: facts.files.get(name) for name in COMPARED}
