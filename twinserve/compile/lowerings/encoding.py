"""Encoders of categories.

All of them start from the same table of hits: double `[n, K]`, one column for each known category of each
column, 1 where the row has it. Their output is a product of that table with small integers, which is exact.

Source: scikit-learn 1.9, `preprocessing/_encoders.py`, `preprocessing/_target_encoder.py`; pandas' `Categorical`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.compile.blocks import Block, Column
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.private_attributes import INFREQUENT, require_fields
from twinserve.compile.refusal import refusal

NULL = np.inf
"""The value of null as a category: no input may be infinite."""

ABSENT = np.nan
"""The value of a text that has no code yet: NaN equals nothing."""


def one_hot(graph: Graph, encoder: Any, block: Block) -> Block:
    """1 in the column of the row's category, 0 elsewhere.

    Unseen: zeros with `ignore`, the infrequent column with `infrequent_if_exist`, no answer with `error`.
    """
    values = all_values(graph, block, encoder.categories_, encoder)
    _demand_known(graph, encoder, block, values)
    if all(rare is None for rare in _infrequent(encoder, "_infrequent_indices", len(values))):
        kept = [np.arange(len(v)) != _dropped(encoder, i) for i, v in enumerate(values)]
        chosen = np.flatnonzero(np.concatenate(kept))
        return Block.numbers(_hits(graph, block, values, chosen), len(chosen))
    weights, bias = _one_hot_map(encoder, [len(v) for v in values])
    hits = _hits(graph, block, values, np.arange(len(weights)))
    return Block.numbers(graph.affine(hits, weights, bias), weights.shape[1])


def ordinal(graph: Graph, encoder: Any, block: Block) -> Block:
    """The category's number; `unknown_value` for an unseen one, `encoded_missing_value` for a known null."""
    values = all_values(graph, block, encoder.categories_, encoder)
    _demand_known(graph, encoder, block, values)
    unknown = -1.0 if encoder.handle_unknown == "error" else float(encoder.unknown_value)
    # One is added to each number and subtracted from the sum, so that an unseen category gives -1.
    numbers = [_groups(encoder, i, len(v)) + 1.0 for i, v in enumerate(values)]
    hits = _hits(graph, block, values, np.arange(sum(map(len, values))))
    codes = graph.affine(hits, _diagonal(numbers), np.full(len(values), -1.0))
    if unknown != -1.0:
        unseen = graph.op("Equal", codes, graph.constant(-1.0))
        codes = graph.op("Where", unseen, graph.constant(unknown), codes)
    if any(np.isinf(v).any() for v in values):
        missing = [float(encoder.encoded_missing_value) if np.isinf(v).any() else unknown for v in values]
        codes = graph.op("Where", graph.op("IsNaN", graph.dense(block)), graph.constant(missing), codes)
    return Block.numbers(codes, len(values))


def target(graph: Graph, encoder: Any, block: Block) -> Block:
    """The category's shrunk mean of the target, the overall mean for an unseen one.

    Of several classes each column gives one mean a class, of the first column first."""
    values = all_values(graph, block, encoder.categories_, encoder)
    several = len(encoder.classes_) if encoder.target_type_ == "multiclass" else 1
    hits = _hits(graph, block, values, np.arange(sum(map(len, values))))
    columns = [encoder.encodings_[i * several : (i + 1) * several] for i in range(len(values))]
    means = graph.op("MatMul", hits, graph.constant(stack([np.stack(column, axis=1) for column in columns])))
    ones = stack([np.ones((len(v), several)) for v in values])
    unseen = graph.op("Equal", graph.op("MatMul", hits, graph.constant(ones)), graph.constant(0.0))
    overall = np.tile(np.asarray(encoder.target_mean_, dtype=np.float64).reshape(-1), len(values))
    width = several * len(values)
    return Block.numbers(graph.op("Where", unseen, graph.constant(overall), means), width)


def categories(graph: Graph, maker: Any, block: Block) -> Block:
    """The code of each category among the fitted ones, null for any other text; other columns stay as they are."""
    parts: list[Block] = []
    for place, column in enumerate(block.columns):
        part = block.select([place])
        listed = maker.categories_.get(column.name)
        if listed is not None:
            values = values_of(graph, column, list(map(str, listed)) if column.kind == "category" else listed, maker)
            coded = _coded(graph, part, values, len(column.categories))
            part = Block.of(coded, [replace(column, kind="category", categories=tuple(map(str, listed)))])
        parts.append(part)
    return graph.concat(parts)


def _coded(graph: Graph, part: Block, values: FloatArray, known: int) -> str:
    """`[n, 1]`: the position of the row's category, null for none."""
    null = graph.constant(np.nan)
    if part.columns[0].kind == "category" and values.tolist() == list(range(known)):
        tensor = graph.dense(part)
        return graph.op("Where", graph.op("Less", tensor, graph.constant(0.0)), null, tensor)
    hits = _hits(graph, part, [values], np.arange(len(values)))
    codes = graph.affine(hits, np.arange(1.0, len(values) + 1.0)[:, None], np.array([-1.0]))
    return graph.op("Where", graph.op("Less", codes, graph.constant(0.0)), null, codes)


def all_values(graph: Graph, block: Block, categories: Sequence[Any], reader: Any) -> list[FloatArray]:
    """`values_of` for every column of a block."""
    return [values_of(graph, c, listed, reader) for c, listed in zip(block.columns, categories, strict=True)]


def values_of(graph: Graph, column: Column, categories: Any, reader: Any) -> FloatArray:
    """The values of an encoder's categories in the graph: the number itself, the text's code, NULL or ABSENT.

    Absent texts are added to `graph.extra_categories`: the graph is then built again with a code for each.
    """
    listed = list(categories)
    nulls = [c for c in listed if is_null(c)]
    if len(nulls) > 1:
        raise refusal(reader, f"column {column.name!r} tells None and NaN apart")
    if column.kind == "number" and not any(isinstance(c, str) for c in listed):
        return np.array([NULL if is_null(c) else float(c) for c in listed], dtype=np.float64)
    if column.kind == "category" and all(isinstance(c, str) for c in listed if not is_null(c)):
        code = {text: float(i) for i, text in enumerate(column.categories)}
        absent = {c: None for c in listed if not is_null(c) and c not in code}
        if absent:
            graph.extra_categories.setdefault(column.name, {}).update(absent)
        return np.array([NULL if is_null(c) else code.get(c, ABSENT) for c in listed], dtype=np.float64)
    cure = "; declare the field as a Category of twinserve.recipes" if column.kind == "text" else ""
    raise refusal(reader, f"the categories of column {column.name!r} are not those of a {column.kind}{cure}")


def is_null(category: Any) -> bool:
    """Whether a category or a statistic is None, NaN or pandas' NA."""
    return category is None or type(category).__name__ == "NAType" or bool(category != category)


def _demand_known(graph: Graph, encoder: Any, block: Block, values: Sequence[FloatArray]) -> None:
    """Give no answer for an unknown category, where `handle_unknown="error"` makes scikit-learn raise."""
    if encoder.handle_unknown == "error":
        hits = _hits(graph, block, values, np.arange(sum(map(len, values))))
        known = graph.op("MatMul", hits, graph.constant(_diagonal([np.ones(len(v)) for v in values])))
        graph.demand(Block.numbers(known, len(values)), Limit(1.0, 1.0, null=False))


def _hits(graph: Graph, block: Block, values: Sequence[FloatArray], chosen: Any) -> str:
    """Double `[n, len(chosen)]`: which of the chosen categories (numbered through all columns) a row has."""
    flat = np.concatenate([*values, np.empty(0)])[chosen]
    owner = np.repeat(np.arange(len(values)), [len(v) for v in values])[chosen]
    cells = graph.dense(block.select(owner.tolist()))
    if np.isinf(flat).any():
        cells = graph.op("Where", graph.op("IsNaN", cells), graph.constant(NULL), cells)
    return graph.as_double(graph.op("Equal", cells, graph.constant(flat)))


def _groups(encoder: Any, column: int, size: int) -> Any:
    """For each category its number after the infrequent ones were merged."""
    mapping = _infrequent(encoder, "_default_to_infrequent_mappings", column + 1)[column]
    groups = np.arange(size) if mapping is None else np.array(mapping)
    # An ordinal encoder leaves null out of the grouping, so its mapping may be shorter.
    return np.concatenate([groups, np.arange(len(groups), size)]).astype(np.float64)


def _infrequent(encoder: Any, attribute: str, columns: int) -> Any:
    """An encoder's private attribute about infrequent categories, one item a column; None where it has none."""
    if not encoder._infrequent_enabled:
        return [None] * columns
    require_fields(encoder, dir(encoder), INFREQUENT)
    return getattr(encoder, attribute)


def _one_hot_map(encoder: Any, sizes: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Weights `[K, outputs]` and bias `[outputs]` that turn hits into the encoder's columns."""
    if encoder.handle_unknown == "warn":
        raise refusal(encoder, "handle_unknown='warn' with infrequent categories differs between versions")
    catches_unseen = encoder.handle_unknown == "infrequent_if_exist"
    blocks: list[FloatArray] = []
    bias: list[float] = []
    for i, size in enumerate(sizes):
        groups = _groups(encoder, i, size).astype(int)
        part = np.zeros((size, groups.max() + 1))
        part[np.arange(size), groups] = 1.0
        start = np.zeros(part.shape[1])
        rare = _infrequent(encoder, "_infrequent_indices", len(sizes))[i]
        if rare is not None and catches_unseen:
            # 1 minus the hits of the frequent categories: 1 where the category is infrequent or unseen.
            at = groups[rare[0]]
            part[:, at] = np.where(groups == at, 0.0, -1.0)
            start[at] = 1.0
        keep = np.arange(part.shape[1]) != _dropped(encoder, i)
        blocks.append(part[:, keep])
        bias.extend(start[keep])
    return stack(blocks), np.array(bias)


def _dropped(encoder: Any, column: int) -> int:
    """The number of the category that `drop` leaves out, -1 for none."""
    drop = encoder._drop_idx_after_grouping
    return -1 if drop is None or drop[column] is None else int(drop[column])


def _diagonal(columns: Sequence[Any]) -> FloatArray:
    return stack([np.asarray(column, dtype=np.float64).reshape(-1, 1) for column in columns])


def stack(blocks: Sequence[FloatArray]) -> FloatArray:
    """A block-diagonal matrix."""
    rows, widths = sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)
    matrix = np.zeros((rows, widths))
    row = column = 0
    for part in blocks:
        matrix[row : row + len(part), column : column + part.shape[1]] = part
        row, column = row + len(part), column + part.shape[1]
    return matrix


LOWERINGS: dict[str, Lowering] = {
    "sklearn.preprocessing.OneHotEncoder": one_hot,
    "sklearn.preprocessing.OrdinalEncoder": ordinal,
    "sklearn.preprocessing.TargetEncoder": target,
    "twinserve.estimators.categories.Categories": categories,
}
