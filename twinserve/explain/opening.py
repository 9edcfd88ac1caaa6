"""The explainer of a version, from its files."""

from __future__ import annotations

import json
from collections.abc import Mapping

from twinserve.explain.explainer import ExactExplainer, Explainer
from twinserve.explain.fit import require_fit
from twinserve.explain.sampled import SampledExplainer
from twinserve.explain.stored import NAME, TABLE, StoredSampled, read
from twinserve.graph.check import check_graph
from twinserve.graph.reader import BadGraph, read_graph
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictor
from twinserve.signature import Columns, Signature
from twinserve.signature.request.validator import Validator


def open_explainer(
    files: Mapping[str, bytes],
    graph: bytes | None,
    predictor: Predictor,
    signature: Signature,
    classes: int | None,
    seed: str,
    memory: int,
) -> Explainer | None:
    """The explainer that these files hold; raises ValueError where they do not fit. None where they hold none, or one
    of a compiled model that does not serve.

    `graph` is the compiled model, if there is one; `classes` the number of its classes, None for a regression; `seed` a
    text that is different for each version; `memory` the bytes of the tables of an exact explainer."""
    if NAME not in files:
        return None
    kept = read(files[NAME])
    if isinstance(kept, StoredSampled):
        validator = Validator(signature)
        rows = [validator.validate(json.dumps(row).encode()) for row in kept.background]
        if any(row.is_array for row in rows):
            raise ValueError("An instance of the background is none.")
        background = [row.columns for row in rows]
        return SampledExplainer(predictor, Columns.concatenate(background), kept.of, seed) if background else None
    if graph is None or not isinstance(predictor, CompiledPredictor):
        return None
    table = files.get(TABLE)
    if table is not None:
        _check_table(table)
    columns = None if table is None else read_graph(table)
    require_fit(kept, read_graph(graph), columns, len(signature.features), classes)
    return ExactExplainer(kept, graph, table, len(signature.features), predictor.matrix, memory)


def _check_table(table: bytes) -> None:
    """Raise ValueError, as `BadGraph` blames the compiled model, unless our lowerings could have made this graph."""
    try:
        check_graph(table)
    except BadGraph as error:
        raise ValueError(f"The graph of the columns {error.reason}.") from None
