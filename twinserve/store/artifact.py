"""An artifact, one version of a model on disk: written once, checked completely before it is used."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from twinserve import bounds
from twinserve.conformal import stored as stored_coverage
from twinserve.conformal.coverage import Coverage, open_coverage
from twinserve.errors import ArtifactRefused
from twinserve.explain import stored
from twinserve.explain.explainer import Explainer
from twinserve.explain.opening import open_explainer
from twinserve.predict.predictor import Predictor
from twinserve.signature import Signature
from twinserve.store import (
    examples,
    fitted_rows,
    golden_rows,
    manifest,
    predictor_file,
    seal,
    store_file,
    twin,
)
from twinserve.store.deadline import Deadline
from twinserve.store.examples import NO_EXAMPLES, Examples
from twinserve.store.file_lock import sync_folder
from twinserve.store.manifest import FORMAT, Manifest
from twinserve.store.pipelines import pipeline_file, trial
from twinserve.store.predictor_file import open_predictor, open_twin, refusing
from twinserve.store.store_file import Folder
from twinserve.store.unreadable import unreadable

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "signature.json"
MODEL: Final = predictor_file.MODEL
GOLDEN: Final = golden_rows.NAME
CARD: Final = "card.md"
FIGURES: Final = "figures/"
"""The folder of the card's figures, each an SVG."""
NOTHING: Final = "There is no manifest.json; restore the artifact or train again."


@dataclass(frozen=True)
class Trust:
    """The limits and permissions that a server's settings give to artifacts."""

    pickles: bool = False
    seal_key: bytes | None = None
    """The public key, as PEM, for the seal that an artifact must have; None if no seal is required."""
    max_artifact: int = bounds.ARTIFACT
    """The limit of the bytes of all files of an artifact together."""
    explain_memory: int = bounds.EXPLAIN_MEMORY
    """The limit of the bytes of the tables from which the predictions of a version are explained."""


NO_TRUST: Final = Trust()


@dataclass(frozen=True)
class LoadedArtifact:
    """A version that passed every check, loaded and ready to predict."""

    manifest: Manifest
    signature: Signature
    predictor: Predictor
    explainer: Explainer | None = None
    """None in a version that was made without."""
    examples: Examples = NO_EXAMPLES
    """What pages show of the training rows; nothing in a version that was made without."""
    coverage: Coverage | None = None
    """None in a version that was made without."""
    fitted_rows: fitted_rows.Hashes | None = None
    """Of the rows that it, or its twin, was fitted on, over its own columns, if it was opened to be judged; None in a
    version that was made without."""
    card: Mapping[str, bytes] = field(default_factory=dict)
    """The Markdown of the model card and its figures, by the names of their files."""
    twin: Predictor | None = None
    """Of a refitted version, if it was opened to be judged: its model before, which saw none of the held-out rows."""

    @property
    def judged(self) -> Predictor:
        """The predictor that the gate asks."""
        return self.twin or self.predictor


def write(folder: Path, files: Mapping[str, bytes], facts: Manifest, seal_key: bytes | None = None) -> None:
    """Write the files and the manifest of a version into an empty folder, and flush all of them to disk.

    With a private key (PEM) the manifest is sealed; raises `seal.BadKey` for a key of another kind.
    """
    sealed = facts.model_copy(update={"files": {name: manifest.digest(content) for name, content in files.items()}})
    root = manifest.to_bytes(sealed)
    seals = {} if seal_key is None else {seal.SEAL: seal.make(root, seal_key)}
    for name, content in {**files, **seals, MANIFEST: root}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for directory in (*(path for path in folder.iterdir() if path.is_dir()), folder):
        sync_folder(directory)


def open_version(
    folder: Path,
    trust: Trust,
    deadline: Deadline | None = None,
    tried: Manifest | None = None,
    *,
    to_judge: bool = False,
) -> LoadedArtifact:
    """Check and open a version; raises `ArtifactRefused` with one sentence that says what to do.

    The seal is checked first. Every file is read once, and its digest checked before its content is used. With
    `deadline`, which a server sets, the opening ends in time, and if no seal is required a pipeline is first tried in a
    process of its own; not that of `tried`, a version that was: its manifest has the digest of every file. `to_judge`
    reads as well what the gate needs: the rows that it was fitted on, and the twin of a refitted version.
    """
    facts, files = _read(
        folder, trust, deadline, frozenset({*twin.NAMES, fitted_rows.NAME}) if to_judge else frozenset()
    )
    if deadline is not None and trust.seal_key is None and pipeline_file.SKOPS in files and facts != tried:
        trial.try_version(facts.model_dump_json(), files, deadline)
    opened = assemble(facts, files, trust, deadline)
    if not (to_judge and facts.training.refitted):
        return opened
    return replace(opened, twin=open_twin(facts, files, opened.signature, trust_pickles=trust.pickles))


def assemble(
    facts: Manifest, files: Mapping[str, bytes], trust: Trust, deadline: Deadline | None = None
) -> LoadedArtifact:
    """Open a version from files whose digests were checked; raises `ArtifactRefused`."""
    with refusing(SIGNATURE):
        signature = Signature.model_validate_json(files[SIGNATURE])
        signature.tree()
    predictor = open_predictor(facts, files, signature, trust_pickles=trust.pickles)
    with refusing(GOLDEN):
        pairs = golden_rows.GOLDEN.validate_json(files[GOLDEN])
        golden_rows.replay(pairs, predictor, signature, facts.target, deadline)
    with refusing(stored.NAME):
        seed = f"{facts.name} {facts.training.data_fingerprint} {facts.files.get(MODEL, facts.training.created)}"
        classes = None if facts.classes is None else len(facts.classes)
        explainer = open_explainer(files, files.get(MODEL), predictor, signature, classes, seed, trust.explain_memory)
    with refusing(examples.NAME):
        shown = examples.read(files[examples.NAME], signature) if examples.NAME in files else NO_EXAMPLES
    with refusing(stored_coverage.NAME):
        coverage = open_coverage(files.get(stored_coverage.NAME), classes, len(signature.features))
    with refusing(fitted_rows.NAME):
        seen = fitted_rows.read(files.get(fitted_rows.NAME))
    card = {name: content for name, content in files.items() if _is_of_card(name)}
    return LoadedArtifact(facts, signature, predictor, explainer, shown, coverage, seen, card)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a version, without opening any other file; raises `ArtifactRefused`."""
    try:
        return _manifest(store_file.read_small(folder / MANIFEST, bounds.FILES[MANIFEST]))
    except (FileNotFoundError, NotADirectoryError):
        return _manifest(None)
    except OSError as error:
        raise unreadable(MANIFEST, error) from error


def _read(
    folder: Path, trust: Trust, deadline: Deadline | None, more: frozenset[str]
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the files that opening needs; the digests of all files are checked."""
    try:
        with store_file.open_folder(folder, trust.max_artifact) as opened:
            root = _content(opened, MANIFEST)
            if trust.seal_key is not None:
                seal.check(root, _content(opened, seal.SEAL), trust.seal_key)
            facts = _manifest(root)
            manifest.require_names(facts, opened.sizes().keys() - {MANIFEST, seal.SEAL})
            files: dict[str, bytes] = {}
            for name in sorted(facts.files):
                keep = name in _needed(facts) | more or _is_of_card(name)
                digest, content = opened.read(name, deadline, keep=keep)
                manifest.require_digest(facts, name, digest)
                files |= {name: content} if keep else {}
            return facts, files
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactRefused(NOTHING) from None
    except OSError as error:
        raise unreadable("The artifact", error) from error


def _content(folder: Folder, name: str) -> bytes | None:
    try:
        return folder.read(name)[1]
    except FileNotFoundError:
        return None


def _needed(facts: Manifest) -> frozenset[str]:
    """The files that a version is opened from."""
    always = {SIGNATURE, GOLDEN, stored.NAME, stored.TABLE, stored_coverage.NAME, examples.NAME}
    if facts.predictor.kind == "compiled":
        return frozenset({*always, MODEL})
    return frozenset({*always, pipeline_file.SKOPS, pipeline_file.JOBLIB})


def _is_of_card(name: str) -> bool:
    return name == CARD or (name.startswith(FIGURES) and name.endswith(".svg"))


def _manifest(content: bytes | None) -> Manifest:
    if content is None:
        raise ArtifactRefused(NOTHING)
    version = None
    with contextlib.suppress(ValueError, AttributeError, RecursionError):
        version = json.loads(content).get("format")
    if isinstance(version, int) and version > FORMAT:
        raise ArtifactRefused(f"The artifact has format {version} and this program reads {FORMAT}; update it.")
    if isinstance(version, int) and version < FORMAT:
        raise ArtifactRefused(f"The artifact has format {version} and this program reads {FORMAT}; train again.")
    try:
        facts = Manifest.model_validate_json(content)
    except ValidationError:
        raise ArtifactRefused("manifest.json is damaged; restore the artifact or train again.") from None
    if not manifest.is_unaltered(content, facts):
        raise ArtifactRefused("The file manifest.json was altered after training; restore it or train again.")
    return facts
