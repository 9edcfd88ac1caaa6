"""The encoders of the library category_encoders: a table from each word of a column to fixed numbers.

After fitting, such an encoder gives each row of a column by its word alone. So the fitted encoder itself is asked
about each word that it or the column knows, about null and about a word that nobody knows, and its answers become a
table in the graph. Columns that it leaves as they are stay so, at its own places among the others.

Source: category_encoders 2.11, `utils.py` (`BaseEncoder`), `ordinal.py` (`mapping`), its manual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from twinserve.compile.blocks import Block
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import Limit
from twinserve.compile.lowerings.encoder_answers import ODD, UNSEEN, Asked
from twinserve.compile.lowerings.encoding import is_null, values_of
from twinserve.compile.lowerings.lookup import Lookup, looked_up
from twinserve.compile.refusal import refusal


def encoded(graph: Graph, encoder: Any, block: Block) -> Block:
    """The encoder's columns, each a number by the word of one column, or a column that it leaves as it is."""
    asked = Asked(encoder, block.columns)
    kept = asked.kept()
    made = [place for place, source in enumerate(kept) if source is None]
    usual = asked.base[made].astype(np.float64)
    tables: dict[int, Lookup] = {}
    answered: list[Lookup] = []
    for column in asked.encoded:
        keys = _keys(graph, encoder, asked, column)
        known = None if block.columns[column].kind == "category" else keys[1:-1]
        said = asked.about(column, keys, made)
        if tables.keys() & said.numbers.keys():
            raise refusal(encoder, "it makes one column of several")
        tables |= {at: Lookup(column, own, known) for at, own in said.numbers.items()}
        if not said.answered.all():
            answered.append(Lookup(column, said.answered.astype(np.float64), known))
        same = [at for at in range(len(made)) if at not in tables and column == asked.encoded[-1]]
        tables |= {at: Lookup(column, np.full(len(keys), usual[at]), known) for at in same}
    if answered:
        graph.demand(looked_up(graph, encoder, block, answered), Limit(1.0, 1.0, null=False))
    if not made:
        return block.select([source for source in kept if source is not None])
    return _side_by_side(graph, block, kept, looked_up(graph, encoder, block, [tables[at] for at in range(len(made))]))


def _side_by_side(graph: Graph, block: Block, kept: Sequence[int | None], numbers: Block) -> Block:
    """The numbers and the columns that are kept, in the encoder's order."""
    if len(numbers.columns) == len(kept):
        return numbers
    whole = graph.concat([numbers, block])
    order = np.cumsum([source is None for source in kept]) - 1
    behind = len(numbers.columns)
    return whole.select([int(order[at]) if source is None else behind + source for at, source in enumerate(kept)])


def _keys(graph: Graph, encoder: Any, asked: Asked, column: int) -> list[Any]:
    """What is asked about a column: first a value that nobody knows, then those that have a code, then null."""
    held = asked.columns[column]
    if held.kind == "category":
        words = [word for word in asked.words[column] if isinstance(word, str)]
        values_of(graph, held, words, encoder)  # Words that have no code yet get one.
        return [UNSEEN[0], *held.categories, np.nan]
    if held.kind != "number":
        values_of(graph, held, ["a word"], encoder)  # Says what is wrong.
    numbers = {float(word) for word in asked.words[column] if not isinstance(word, str) and not is_null(word)}
    return [ODD[0], *sorted(numbers - set(ODD)), np.nan]


def by_letters(_graph: Graph, encoder: Any, _block: Block) -> Block:
    """Raises: the answer follows from a word's letters, so no table of words holds it."""
    raise refusal(encoder, "it makes numbers of the letters of any word, which no table of known words holds")


def of_encoders(_graph: Graph, encoder: Any, _block: Block) -> Block:
    """Raises: several encoders inside."""
    raise refusal(encoder, "it holds several encoders, which are not lowered")


_BY_WORD: Final = (
    "backward_difference.BackwardDifferenceEncoder", "basen.BaseNEncoder", "binary.BinaryEncoder",
    "cat_boost.CatBoostEncoder", "count.CountEncoder", "count_target.CountTargetEncoder", "glmm.GLMMEncoder",
    "gray.GrayEncoder", "helmert.HelmertEncoder", "james_stein.JamesSteinEncoder",
    "leave_one_out.LeaveOneOutEncoder", "m_estimate.MEstimateEncoder", "one_hot.OneHotEncoder",
    "ordinal.OrdinalEncoder", "polynomial.PolynomialEncoder", "quantile_encoder.QuantileEncoder",
    "rankhot.RankHotEncoder", "sum_coding.SumEncoder", "target_encoder.TargetEncoder", "woe.WOEEncoder",
)  # fmt: skip
ENCODERS: Final = frozenset(f"category_encoders.{name}" for name in _BY_WORD)
LOWERINGS: dict[str, Lowering] = {
    **dict.fromkeys(sorted(ENCODERS), encoded),
    "category_encoders.hashing.HashingEncoder": by_letters,
    "category_encoders.multi_hot.MultiHotEncoder": by_letters,
    "category_encoders.quantile_encoder.SummaryEncoder": of_encoders,
}
