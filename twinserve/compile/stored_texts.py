"""What a graph needs of texts, as a compiled model keeps it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, numpy_helper

from twinserve.bounds import GRAPH_METADATA
from twinserve.compile.graph import Graph
from twinserve.compile.sparse import Terms, TermStep
from twinserve.errors import CannotCompile
from twinserve.predict.compiled import TEXTS
from twinserve.text.stored import MOST_TABLES, StoredStep, StoredTerms, StoredTexts


def stored_texts(graph: Graph, fields: int) -> tuple[dict[str, str], list[TensorProto]]:
    """One metadata entry and the constants that it names; nothing where the graph reads no text."""
    read = [held for held in graph.sparse.values() if isinstance(held, Terms)]
    used = [terms for terms in read if terms.columns or terms.sums]
    places = {terms.place for terms in read}
    refuse = tuple(sorted(places & graph.limits.get("x", {}).keys()))
    if not used and not refuse:
        return {}, []
    if len(used) > MOST_TABLES:
        raise CannotCompile(f"texts: it reads them by {len(used)} vectorizers, more than {MOST_TABLES}")
    constants = _Constants()
    tables = tuple(_stored(constants, terms) for terms in used)
    categories = {place: graph.columns[place].categories for place in places if graph.columns[place].kind == "category"}
    written = StoredTexts(fields=fields, categories=categories, refuse_null=refuse, tables=tables).model_dump_json()
    if len(written.encode()) > GRAPH_METADATA // 2:
        raise CannotCompile(
            f"texts: their vocabulary takes {len(written.encode())} bytes, more than {GRAPH_METADATA // 2}"
        )
    return {TEXTS: written}, constants.tensors


class _Constants:
    """Arrays beside the graph, named in the order in which they are added."""

    def __init__(self) -> None:
        self.tensors: list[TensorProto] = []

    def add(self, values: npt.ArrayLike, dtype: npt.DTypeLike) -> str:
        name = f"text{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.array(values, dtype=dtype, order="C"), name))
        return name


def _stored(constants: _Constants, terms: Terms) -> StoredTerms:
    picks = list(terms.columns)
    weights = terms_of = ""
    if terms.weights:
        table = np.stack(terms.weights)
        known = np.flatnonzero(table.any(axis=0))
        if 2 * len(known) < terms.width:
            table, terms_of = table[:, known], constants.add(known, np.int32)
        weights = constants.add(table, np.float64)
    return StoredTerms(
        field=terms.place,
        analysis=terms.analysis,
        words=terms.words,
        buckets=terms.hashed or None,
        alternate_sign=terms.alternate_sign,
        steps=tuple(_steps(constants, terms.steps)),
        columns=constants.add(picks, np.int32) if picks else "",
        column_places=tuple(terms.columns.values()),
        weights=weights,
        terms=terms_of,
        sum_places=tuple(terms.sums.values()),
    )


def _steps(constants: _Constants, steps: Iterable[TermStep]) -> Iterable[StoredStep]:
    for step in steps:
        dtype = np.int32 if step.kind == "selected" else np.float64
        numbers = "" if step.numbers is None else constants.add(np.atleast_1d(step.numbers), dtype)
        yield StoredStep(kind=step.kind, amount=step.amount, numbers=numbers)
