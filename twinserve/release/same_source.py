"""A guard for a training that was asked for with nothing but a name: is this the model that the name is known for?

`TWINSERVE_MODEL=loans` stays set after serving, and training then would teach the default recipe under that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from twinserve.errors import ArtifactRefused, AskedWrongly
from twinserve.notes import Note
from twinserve.store.artifact import read_manifest
from twinserve.store.registry import Registry


class OtherSource(AskedWrongly):
    """The name belongs to a model that was learned from something else."""


def require_same_source(registry: Registry, recipe: str, source: str) -> tuple[Note, ...]:
    """Raise `OtherSource` where the newest version was made from something else; a note where the name is a new one."""
    if registry.name == recipe:
        return ()
    known = next(_sources(registry), None)
    if known is None:
        told = f"nothing but the name {registry.name!r} was given, so the default recipe {recipe!r} is learned under it"
        return (Note("warning", None, told),)
    if known != source:
        raise OtherSource(
            f"The model {registry.name!r} was made from {known}, and nothing was given but its name: say --data or "
            f"--recipe, or --recipe {recipe} if it is to be learned from {source} from now on."
        )
    return ()


def _sources(registry: Registry) -> Iterator[str]:
    """What the versions were made from, the newest first."""
    for version in reversed(registry.versions()):
        try:
            yield read_manifest(registry.path(version)).training.source
        except ArtifactRefused:
            continue
