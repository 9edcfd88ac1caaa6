"""Sections of a page that programs write apart from one another."""

from __future__ import annotations

MARK = "\n## "


def replaced(page: str, section: str) -> str:
    """The page with this section, which begins with its heading, in place of the one of the same heading; else last."""
    heading = section.splitlines()[0]
    parts = page.rstrip("\n").split(MARK)
    body = section.rstrip("\n").removeprefix("## ")
    places = [place for place, part in enumerate(parts) if place and f"## {part.splitlines()[0]}" == heading]
    if places:
        is_last = places[0] == len(parts) - 1
        parts[places[0]] = body + ("" if is_last else "\n")
    else:
        parts[-1] += "\n"
        parts.append(body)
    return MARK.join(parts) + "\n"


def other_sections(page: str, headings: set[str]) -> list[str]:
    """The sections of a page whose headings are none of these."""
    return [f"## {part}" for part in page.split(MARK)[1:] if f"## {part.splitlines()[0]}" not in headings]
