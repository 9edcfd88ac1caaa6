"""`Codecs`: how one version of a model is asked in each protocol."""

from __future__ import annotations

from twinserve.service.protocols.dialect import Codec, Composer, Dialect
from twinserve.service.protocols.native import NATIVE
from twinserve.service.settings import Settings
from twinserve.store.artifact import LoadedArtifact


class Codecs:
    """Makes codecs and composers when they are first asked for; the native codec at once."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._facts = artifact, version, settings
        self._codecs = {NATIVE.name: NATIVE.codec(artifact, version, settings)}
        self._composers: dict[str, Composer] = {}

    def codec(self, dialect: Dialect) -> Codec:
        """The codec of a dialect."""
        codec = self._codecs.get(dialect.name)
        if codec is None:
            codec = self._codecs[dialect.name] = dialect.codec(*self._facts)
        return codec

    def composer(self, dialect: Dialect) -> Composer:
        """What composes the answers of a dialect that has a composer."""
        composer = self._composers.get(dialect.name)
        if composer is None:
            if dialect.composer is None:
                raise TypeError(f"The dialect {dialect.name} composes nothing.")
            composer = self._composers[dialect.name] = dialect.composer(*self._facts)
        return composer
