"""Compile a fitted pipeline and prove the graph equal to it, or say in one sentence why the pipeline has to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from twinserve.compile import Column
from twinserve.compile.blocks import LARGEST
from twinserve.compile.compiler import Compiled, compile_with_explanation
from twinserve.errors import CannotCompile
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictor
from twinserve.proof.batch_invariance import measure_batch_invariance
from twinserve.proof.explanation import Explanation, explain_model
from twinserve.proof.known_categories import known_categories, makes_words
from twinserve.proof.parity import Parity, compare
from twinserve.proof.probes import probes
from twinserve.proof.threshold_search import Crossings, crossings
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.store.manifest import PredictorFacts

Kind = Literal["number", "category", "date", "datetime", "text"]
KINDS: Final[dict[FeatureType, Kind]] = {
    FeatureType.CATEGORY: "category",
    FeatureType.DATE: "date",
    FeatureType.DATETIME: "datetime",
    FeatureType.STRING: "text",
}


@dataclass(frozen=True)
class Proved:
    """The predictor that will serve, and the outcome of the proof."""

    predictor: Predictor
    facts: PredictorFacts
    graph: bytes | None
    """The compiled model, if it is proved equal."""
    made_rows: Sequence[Columns]
    """The groups of rows that were made for the proof, by kind."""
    explanation: Explanation | None = None
    """How its predictions are explained; None before that is proved."""


def compile_model(pipeline: Any, signature: Signature) -> Compiled | Exception:
    """The graph of a fitted pipeline, or the error that explains why there is none; never raises.

    An estimator may hold any code, and a lowering may fail on it in any way. Then the pipeline serves."""
    try:
        return compile_with_explanation(pipeline, [_column(feature) for feature in signature.features])
    except Exception as error:
        return error


def prove(
    pipeline: Any,
    graph: Compiled | Exception,
    signature: Signature,
    classes: Sequence[str] | None,
    real: Sequence[Columns],
    seed: int,
) -> Proved:
    """The compiled model if it answers as the pipeline does on all real and made rows, else the pipeline.

    `graph` is what `compile_model` gave. Never raises: whatever fails in the proof, the pipeline serves. One
    that serves is asked whether the rows of other callers change its answers. `real` are the training rows and the
    hold-out."""
    fitted = SklearnPredictor(pipeline, signature, classes)
    proved = _prove(fitted, pipeline, graph, signature, real, seed)
    proved = replace(proved, explanation=_explained(proved, graph, signature, real, seed))
    if proved.facts.kind == "compiled":
        return proved
    measured = measure_batch_invariance(fitted, real[-1], proved.made_rows, seed)
    reason = proved.facts.reason if measured.holds else f"{proved.facts.reason} {measured.sentence}"
    return replace(proved, facts=proved.facts.model_copy(update={"batch_invariance": measured, "reason": reason}))


def _explained(
    proved: Proved, compiled: Compiled | Exception, signature: Signature, real: Sequence[Columns], seed: int
) -> Explanation | None:
    explained = None if isinstance(compiled, Exception) else compiled.explained
    rows = [real[0], real[-1], *proved.made_rows]
    return explain_model(explained, proved.predictor, signature, proved.graph, rows, seed)


def _prove(
    fitted: SklearnPredictor,
    pipeline: Any,
    graph: Compiled | Exception,
    signature: Signature,
    real: Sequence[Columns],
    seed: int,
) -> Proved:
    try:
        crossed = crossings(real[0], signature, pipeline, np.random.default_rng(seed))
        known = known_categories(pipeline)
        made = probes(real[0], signature, crossed.changes, seed, known, reads_texts=makes_words(pipeline))
    except Exception as error:
        return _unproved(fitted, error, probes(real[0], signature, (), seed))
    if isinstance(graph, Exception):
        return _unproved(fitted, graph, made)
    try:
        compiled = CompiledPredictor(graph.graph)
        parity = compare(compiled, fitted, [*real, *made])
    except Exception as error:
        return _unproved(fitted, error, made)
    if not parity.holds:
        return Proved(fitted, _facts("scikit-learn", parity, crossed), None, made)
    return Proved(compiled, _facts("compiled", parity, crossed), graph.graph, made)


def _unproved(fitted: Predictor, error: Exception, made: Sequence[Columns]) -> Proved:
    """The pipeline serves. The reason is public, so it quotes `CannotCompile` only: other errors may name values."""
    reason = str(error) if isinstance(error, CannotCompile) else f"the proof failed with a {type(error).__name__}"
    return Proved(fitted, PredictorFacts(kind="scikit-learn", reason=f"Not compiled: {reason}."), None, made)


def _facts(kind: Literal["compiled", "scikit-learn"], parity: Parity, crossed: Crossings) -> PredictorFacts:
    counts = {"splits": crossed.splits, "splits_crossed": crossed.crossed}
    tried = f" Both sides of {crossed.crossed} of its {crossed.splits} splits were tried." if crossed.splits else ""
    return PredictorFacts(kind=kind, reason=parity.sentence + tried, parity=asdict(parity) | counts)


def _column(feature: Feature) -> Column:
    kind: Kind = KINDS.get(feature.type, "number")
    if feature.type is FeatureType.BOOLEAN:
        return Column(feature.name, kind, nullable=feature.nullable, low=0.0, high=1.0)
    declared = feature.constraints
    low = [end for end in (declared.minimum, declared.exclusive_minimum, -LARGEST) if end is not None]
    high = [end for end in (declared.maximum, declared.exclusive_maximum, LARGEST) if end is not None]
    return Column(feature.name, kind, feature.vocabulary, feature.nullable, max(low), min(high))
