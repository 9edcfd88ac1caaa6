"""Keep a training that was given only a model's name from training another recipe under that name.

`TWINSERVE_MODEL=loans` stays set after serving; `train.py` alone would then train the default recipe as `loans`.
"""

from __future__ import annotations

from collections.abc import Iterator

from twinserve.errors import ArtifactRefused, AskedWrongly
from twinserve.notes import Note
from twinserve.store.artifact import read_manifest
from twinserve.store.registry import Registry


class OtherSource(AskedWrongly):
    """The model of this name was trained from another source."""


def require_same_source(registry: Registry, recipe: str, source: str) -> tuple[Note, ...]:
    """Raise `OtherSource` where the newest version has another source; a note where the name has no version yet."""
    if registry.name == recipe:
        return ()
    known = next(_sources(registry), None)
    if known is None:
        sentence = (
            f"only the name {registry.name!r} was given, so the default recipe {recipe!r} is trained under this name"
        )
        return (Note("warning", None, sentence),)
    if known != source:
        raise OtherSource(
            f"The model {registry.name!r} was trained on {known}, and only its name was given: give --data or "
            f"--recipe; --recipe {recipe} trains it on {source} from now on."
        )
    return ()


def _sources(registry: Registry) -> Iterator[str]:
    """The sources of the versions, the newest first."""
    for version in reversed(registry.versions()):
        try:
            yield read_manifest(registry.path(version)).training.source
        except ArtifactRefused:
            continue
