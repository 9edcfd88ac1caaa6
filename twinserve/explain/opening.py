"""The explainer of a version, from its files."""

from __future__ import annotations

import json
from collections.abc import Mapping

from twinserve.explain.explainer import ExactExplainer, Explainer
from twinserve.explain.sampled import SampledExplainer
from twinserve.explain.stored import NAME, TABLE, StoredSampled, read
from twinserve.graph.check import check_graph
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns, Signature
from twinserve.signature.request.validator import Validator


def open_explainer(
    files: Mapping[str, bytes], graph: bytes | None, predictor: Predictor, signature: Signature, seed: str, memory: int
) -> Explainer | None:
    """The explainer that these files hold; raises ValueError where they do not fit. None where they hold none, or one
    of a compiled model that does not serve.

    `graph` is the compiled model, if there is one; `seed` a text that is different for each version; `memory` the bytes
    of the tables of an exact explainer."""
    if NAME not in files:
        return None
    kept = read(files[NAME])
    if isinstance(kept, StoredSampled):
        validator = Validator(signature)
        rows = [validator.validate(json.dumps(row).encode()).columns for row in kept.background]
        return SampledExplainer(predictor, Columns.concatenate(rows), kept.of, seed) if rows else None
    if graph is None or not isinstance(predictor, CompiledPredictor):
        return None
    table = files.get(TABLE)
    if table is not None:
        check_graph(table)
    return ExactExplainer(kept, graph, table, len(signature.features), predictor.matrix, memory)
