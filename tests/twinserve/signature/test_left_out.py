"""Where a column that training left out may stand, and which names are flat."""

from __future__ import annotations

from tests.twinserve.signature.made import feature
from twinserve.signature import Signature
from twinserve.signature.left_out import Inside, column_path, flat_names, unused

CONTRACT = Signature(
    features=(feature("a"), feature("g.x"), feature("v.0")),
    left_out={"id": "i", "g.note": "n", "who.name": "w", "a": "taken", "g": "taken", "v.size": "no place"},
)


def test_only_nested_fields_have_flat_names() -> None:
    assert flat_names(CONTRACT) == {"g.x": ("g", "x"), "v.0": ("v", 0)}


def test_a_column_left_out_stands_by_its_name_or_in_a_group_unless_a_field_does() -> None:
    assert unused(CONTRACT) == {
        "id": "i",
        "g.note": "n",
        "who.name": "w",
        "v.size": "no place",
        "g": Inside({"note": "n"}, is_group=True),
        "who": Inside({"name": "w"}, is_group=False),
    }


def test_a_name_is_split_at_its_dots() -> None:
    assert column_path("a.b") == ("a", "b")
    assert column_path("Dr. No.") == ("Dr. No.",)
