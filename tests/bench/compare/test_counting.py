"""Lines, names and files that somebody writes."""

from __future__ import annotations

from bench.compare.counting import lines_of, marked, names_of, size, size_of
from bench.compare.variants import ALL, named

SOURCE = '''"""A docstring
of two lines."""

import os  # A remark.


# Nothing else.
def answer(row):
    """Another one."""
    return {
        "label": os.sep,
    }
'''


def test_lines_are_those_with_code() -> None:
    """No blank ones, no comments, no docstrings."""
    assert lines_of(SOURCE) == {4, 8, 10, 11, 12}


def test_names_are_whatever_one_has_to_spell() -> None:
    """Modules, functions, arguments, attributes."""
    assert set(names_of(SOURCE)) == {"os", "answer", "row", "sep"}


def test_the_size_of_files_adds_lines_and_unites_names() -> None:
    """A name in two files is one name."""
    assert size([SOURCE, "import os\n"]).lines == 6
    assert size([SOURCE, "import os\n"]).names == 4
    assert size([SOURCE, "import os\n"]).files == 2


def test_of_a_generated_file_only_marked_lines_count() -> None:
    """`startproject` writes the rest."""
    plain, rest = size_of(named("django_plain")), size_of(named("django_rest"))
    assert plain.generated == rest.generated > 20
    assert marked("A = 1\nB = 2  # Written.\n") == ["B = 2  # Written."]


def test_each_variant_has_a_size() -> None:
    """The least of them is a door."""
    sizes = {one.name: size_of(one) for one in ALL}
    assert min(sizes, key=lambda name: sizes[name].lines).startswith("door_")
    assert all(found.lines > 5 and found.names > 5 and found.files > 0 for found in sizes.values())
