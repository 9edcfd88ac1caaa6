"""Which class is lowered by which function: the families' own tables, side by side."""

from __future__ import annotations

from model.compile import boosting, compose, encoding, imputing, linear, scaling, trees
from model.compile.graph import Lowering

_FAMILIES = (boosting, compose, encoding, imputing, linear, scaling, trees)

LOWERINGS: dict[str, Lowering] = {
    name: lowering for family in _FAMILIES for name, lowering in family.LOWERINGS.items()
}
