"""Prove that a model's explanations add up to its answers, or say why they are sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from twinserve.bounds import EXPLAIN_MEMORY
from twinserve.compile.explanation import CannotExplain, Explained
from twinserve.explain import stored
from twinserve.explain.explainer import ExactExplainer, Explainer
from twinserve.explain.opening import open_explainer
from twinserve.explain.stored import BACKGROUND, Scale, StoredSampled
from twinserve.predict.answers import ask
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictor
from twinserve.proof.explained_outputs import compare_outputs
from twinserve.signature import Columns, Signature
from twinserve.signature.request.valid_instances import valid_instances
from twinserve.store.manifest import ExplanationFacts

TOLERANCE: Final = 1e-9
SINGLE: Final = 1e-3
"""The tolerance of models that compute in single precision."""
WORK: Final = 2_000_000_000
"""Numbers that may be computed to compare the explanations of all outputs of rows, about 20 s; beyond it the rows are
spread over all."""
FEWEST: Final = 20


@dataclass(frozen=True)
class Explanation:
    """How a version explains its predictions."""

    facts: ExplanationFacts
    files: Mapping[str, bytes]
    explainer: Explainer


def explain_model(
    explained: Explained | CannotExplain | None,
    predictor: Predictor,
    signature: Signature,
    graph: bytes | None,
    rows: Sequence[Columns],
    seed: int,
) -> Explanation | None:
    """The exact explanation of a compiled model if it holds on all rows, else a sampled one; never raises. None where
    the model cannot even be asked for training rows.

    `rows` are the training rows, then those on which the explanation must add up to the answer."""
    training, *tried = rows
    try:
        if graph is None or explained is None or not isinstance(predictor, CompiledPredictor):
            raise CannotExplain("the model is not compiled")
        if isinstance(explained, CannotExplain):
            raise explained
        return _exact(explained, predictor, signature, graph, training, tried)
    except CannotExplain as error:
        reason = str(error)
    except Exception as error:  # As in the proof: a reason is public, so it quotes none of another's words.
        reason = f"the proof failed with a {type(error).__name__}"
    try:
        return _sampled(reason, predictor, signature, training, seed)
    except Exception:
        return None


def _exact(
    explained: Explained,
    predictor: CompiledPredictor,
    signature: Signature,
    graph: bytes,
    training: Columns,
    tried: Sequence[Columns],
) -> Explanation:
    whole = explained.with_means(predictor.matrix(training))
    explainer = ExactExplainer(whole, graph, explained.table, len(signature.features), predictor.matrix)
    tolerance = SINGLE if explained.is_single else TOLERANCE
    largest, count = 0.0, 0
    most = max(FEWEST, WORK // max(1, explainer.work * len(whole.bias)))
    for group in _spread(tried, most):
        answers = ask(predictor, group)
        if answers.predictions is None:
            continue
        kept = group.take(np.flatnonzero(answers.given).tolist())
        compared = compare_outputs(explainer, whole, kept, answers.predictions)
        largest, count = max(largest, compared.difference), count + compared.rows
    if not largest <= tolerance:
        raise CannotExplain(f"its explanations differ from its answers by up to {largest:.1e}")
    if not count:
        raise CannotExplain("it has an answer to no row, so nothing could be compared")
    table = {} if explained.table is None else {stored.TABLE: explained.table}
    facts = ExplanationFacts(
        method=whole.method,
        of=whole.of,
        reason=f"Base and contributions add up to the answers on {count} rows (largest difference {largest:.1e}).",
        rows=count,
        largest_difference=largest,
    )
    return Explanation(facts, {stored.NAME: stored.write(whole), **table}, explainer)


def _spread(groups: Sequence[Columns], most: int) -> list[Columns]:
    """All rows, or of each group as large a share as makes `most` in all."""
    total = sum(len(group) for group in groups)
    if total <= most:
        return list(groups)
    return [group.spread(max(1, most * len(group) // total)) for group in groups if len(group)]


def _sampled(
    reason: str, predictor: Predictor, signature: Signature, training: Columns, seed: int
) -> Explanation | None:
    """An explanation by samples, relative to training rows that a request could hold and that have an answer."""
    order = np.random.default_rng(seed).permutation(len(training))[: 4 * BACKGROUND]
    some = training.take(order.tolist())
    answers = ask(predictor, some)
    usable = some.take(np.flatnonzero(answers.given).tolist())
    background = [instance for instance, _ in islice(valid_instances(usable, signature), BACKGROUND)]
    if not background:
        return None
    of: Scale = "value"
    if answers.predictions is not None and answers.predictions.values is None:
        of = "decision" if answers.predictions.probabilities is None else "probability"
    facts = ExplanationFacts(method="shapley-sampled", of=of, reason=f"Sampled: {reason}.")
    kept = stored.write(StoredSampled(of=of, reason=reason, background=tuple(background)))
    explainer = open_explainer({stored.NAME: kept}, None, predictor, signature, None, str(seed), EXPLAIN_MEMORY)
    return None if explainer is None else Explanation(facts, {stored.NAME: kept}, explainer)
