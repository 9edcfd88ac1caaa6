"""A program writes its own section of a page and leaves the others."""

from __future__ import annotations

from bench.sections import other_sections, replaced

PAGE = "# Page\n\nText.\n\n## One\n\n- 1\n\n## Two\n\n- 2\n"


def test_a_section_takes_the_place_of_the_one_with_its_heading() -> None:
    assert replaced(PAGE, "## One\n\n- new\n") == PAGE.replace("- 1", "- new")
    assert replaced(PAGE, "## Two\n\n- new\n") == PAGE.replace("- 2", "- new")


def test_a_section_without_a_place_comes_last() -> None:
    assert replaced(PAGE, "## Three\n\n- 3\n") == PAGE + "\n## Three\n\n- 3\n"


def test_the_sections_of_other_programs_are_carried_over() -> None:
    kept = other_sections(PAGE, {"## One"})
    assert kept == ["## Two\n\n- 2\n"]
    assert replaced("# Page\n\n## One\n\n- new\n", kept[0]) == "# Page\n\n## One\n\n- new\n\n## Two\n\n- 2\n"
