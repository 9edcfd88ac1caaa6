"""The constraints of a field; how a class writes them is tested with the reading of classes."""

from __future__ import annotations

import annotated_types as at
import pytest

from twinserve.errors import UnsupportedInput
from twinserve.signature import Constraints, FeatureType
from twinserve.signature.sources.pydantic_constraints import ALLOWED, BOUNDS, constraints_of, declared, refuse


def test_every_constraint_of_ours_is_one_that_some_leaf_may_have() -> None:
    """A name that no leaf allows could be declared and never be kept."""
    ours = set(Constraints.model_fields) - {"enumeration"}
    assert set().union(*ALLOWED.values()) == ours
    assert {name for _, _, name in BOUNDS} | {"pattern"} == ours


@pytest.mark.parametrize("metadata", [[at.Ge(1), at.Ge(3), at.Ge(2)], [at.Ge(3), at.Ge(1)]])
def test_of_several_bounds_the_narrowest_is_kept_in_any_order(metadata: list[at.Ge]) -> None:
    assert declared(list(metadata), ()) == {"minimum": 3}


@pytest.mark.parametrize("kind", [kind for kind in FeatureType if kind not in ALLOWED])
def test_a_leaf_that_no_constraint_fits_takes_none(kind: FeatureType) -> None:
    assert constraints_of([], kind, ("x",)) == Constraints()
    with pytest.raises(UnsupportedInput, match=rf"^/x: declares minimum on a {kind}, which is not supported\.$"):
        constraints_of([at.Ge(1)], kind, ("x",))


def test_a_refusal_of_the_whole_names_the_root() -> None:
    with pytest.raises(UnsupportedInput, match=r"^/: is wrong\.$"):
        refuse((), "is wrong")
