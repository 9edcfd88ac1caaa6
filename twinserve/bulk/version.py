"""`BulkVersion`: one version of a model, made ready once to answer many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.bulk.checked import MOST_CHECKED
from twinserve.bulk.options import Options, WrongOption
from twinserve.conformal.coverage import Unsupported
from twinserve.conformal.limits import HIGHEST, LOWEST, RANGE
from twinserve.conformal.writing import CoverageWriter
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Renderer, Warnings, as_text
from twinserve.predict.targets.target import Coded, FlatColumns
from twinserve.signature import Columns
from twinserve.signature.columns import UNSEEN
from twinserve.signature.left_out import flat_names, with_nameless
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.strict_json import MAX_DEPTH
from twinserve.signature.request.validator import Validator
from twinserve.signature.signature import TEXTUAL, FeatureType, OutOfRange, PathPart
from twinserve.store.artifact import LoadedArtifact, Trust, open_version


class BulkVersion:
    """One version of a model; immutable, so threads may share it."""

    def __init__(
        self, artifact: LoadedArtifact, version: str, *, max_depth: int = MAX_DEPTH, out_of_range: OutOfRange = "warn"
    ) -> None:
        """`max_depth`: nested containers in a line, with one more for the array that it could be an item of."""
        self.artifact, self.version, self.out_of_range = artifact, version, out_of_range
        self.signature, self.target = artifact.signature, artifact.manifest.target
        self.validator = Validator(
            artifact.signature, max_batch=MOST_CHECKED, max_depth=max_depth, out_of_range=out_of_range
        )
        self.max_depth = max_depth
        self.renderer = Renderer(artifact.manifest.name, version, self.target)
        self.coverage = CoverageWriter([as_text(label) for label in artifact.manifest.classes or ()])
        self.pointers = [feature.pointer for feature in artifact.signature.features]
        self._novelty = Novelty(artifact.signature)

    def predict(self, columns: Columns) -> tuple[Predictions, Warnings]:
        """See `Predict`."""
        return self.artifact.predictor.predict(columns), self._novelty.find(columns)

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Why training left a column out, by the names that a table may give it."""
        return with_nameless(self.signature.left_out)

    @cached_property
    def object_keys(self) -> frozenset[PathPart]:
        """The keys that an instance may have: those of its fields and groups, and the flat names of nested fields."""
        return frozenset((*self.signature.tree(), *flat_names(self.signature)))

    @cached_property
    def flat(self) -> FlatColumns:
        """The columns of the answers to no rows, of the names and types of any: what there is, one row decides."""
        try:
            predictions = self.artifact.predictor.predict(self._row())
        except Exception:  # A pipeline may contain any code; this row need not please it.
            return dict(_columns(self.target.members, ""))
        arrays = (None if array is None else array[:0] for array in predictions)
        return self.target.flat(Predictions(*arrays))  # type: ignore[arg-type]  # As `Predictions` has them.

    def _row(self) -> Columns:
        """A row with the middle of what training saw, and with the first category or an empty text."""
        features = self.signature.features
        cells = [float(f.seen.quantiles[len(f.seen.quantiles) // 2]) if f.seen.quantiles else 0.0 for f in features]
        texts: dict[int, Sequence[str | None]] = {}
        unseen: dict[tuple[int, int], str] = {}
        for place, feature in enumerate(features):
            if feature.type is FeatureType.STRING:
                cells[place], texts[place] = float("nan"), [""]
            elif feature.type in TEXTUAL and not feature.vocabulary:
                cells[place], unseen[0, place] = UNSEEN, ""
        return Columns(np.array([cells]), unseen, texts)

    def require(self, options: Options) -> None:
        """Raise `WrongOption` for what this version cannot give, or what is no such thing."""
        if options.coverage is not None:
            self._require_coverage(options.coverage)
        if options.explains:
            self._require_explanations(options)
        if len(set(options.passed)) < len(options.passed):
            raise WrongOption("pass", "A column is named twice.")
        if taken := [name for name in options.passed if name in self._taken(options)]:
            raise WrongOption(
                "pass",
                f"{taken[0]!r} is a column of the answer, too; give it another name.",
                f"Item {options.passed.index(taken[0]) + 1} names a column of the answer, too; give it another name.",
            )

    def _taken(self, options: Options) -> frozenset[str]:
        """The names of an answer's own members and columns, in whatever form it is written."""
        names = {*self.target.members, *self.flat, "warnings", "errors", "error"}
        names |= set() if options.coverage is None else {"interval", "low", "high", "set"}
        return frozenset(names | ({"explanation"} if options.explains else set()))

    def _require_coverage(self, coverage: float) -> None:
        if not LOWEST <= coverage <= HIGHEST:
            raise WrongOption("coverage", RANGE)
        if self.target.uncovered is not None:
            raise WrongOption("coverage", self.target.uncovered)
        if self.artifact.coverage is None:
            raise WrongOption("coverage", "This version was made without coverage; train the model again.")
        try:
            self.artifact.coverage.require(coverage)
        except Unsupported as error:
            raise WrongOption("coverage", str(error)) from None

    def _require_explanations(self, options: Options) -> None:
        if self.target.unexplained is not None:
            raise WrongOption("explain", self.target.unexplained)
        if self.artifact.explainer is None:
            raise WrongOption("explain", "This version was made without explanations; train the model again.")
        if options.label is not None and options.label not in (self.target.classes or ()):
            has = (
                "The model does not have this class."
                if self.target.classes
                else "The model predicts a number, no class."
            )
            raise WrongOption("class", has)
        if options.top is not None and options.top < 1:
            raise WrongOption("top", "Must be at least 1.")


class Opening(NamedTuple):
    """Where a version is and how it is opened: what another process needs in order to answer alike."""

    folder: Path
    version: str
    trust: Trust
    out_of_range: OutOfRange

    def __call__(self) -> BulkVersion:
        """The version; raises `ModelError` where it must not be opened."""
        return BulkVersion(open_version(self.folder, self.trust), self.version, out_of_range=self.out_of_range)


def _columns(members: Mapping[str, Any], start: str) -> Iterator[tuple[str, FloatArray | Coded]]:
    """A column for each member of a JSON Schema's objects, and of those in it."""
    for name, schema in members.items():
        if "properties" in schema:
            yield from _columns(schema["properties"], f"{start}{name}.")
        else:
            texts = tuple(schema.get("enum", ()))
            yield f"{start}{name}", Coded(np.zeros(0, np.int64), texts) if texts else np.zeros(0)
