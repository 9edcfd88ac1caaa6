"""Names for GraphQL, which takes only letters, digits and underscores in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

TAKEN: Final = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
NOT_TAKEN: Final = re.compile(r"[^_0-9A-Za-z]")
NAMELESS: Final = "field"
"""What a name becomes of which nothing is left."""


def graphql_names(names: Iterable[str]) -> Mapping[str, str]:
    """A name for each of these names, no two alike; one that GraphQL takes stays as it is."""
    given = list(names)
    used = {name for name in given if TAKEN.fullmatch(name)}
    made = {}
    for name in given:
        if name in used:
            made[name] = name
            continue
        plain = NOT_TAKEN.sub("_", name).lstrip("_") or NAMELESS
        made[name] = free(plain if TAKEN.fullmatch(plain) else f"_{plain}", used)
    return made


def free(name: str, used: set[str]) -> str:
    """This name, or where it is used the same with the least number behind it; adds it to `used`."""
    number, found = 1, name
    while found in used:
        number += 1
        found = f"{name}_{number}"
    used.add(found)
    return found
