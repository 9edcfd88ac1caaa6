"""The verbs that look after versions, as a table that costs nothing to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Verb:
    """What the command line must know of a verb; `twinserve.cli.versions` has the function of the same name."""

    sentence: str
    least: int = 0
    """How many versions it takes at least."""
    most: int | None = 0
    """How many at most; None: any number."""
    opens: bool = False
    """Does it open versions, as a server does?"""


VERBS: Final[Mapping[str, Verb]] = {
    "list": Verb("list every version in one line"),
    "show": Verb("show the facts of a version, or of the champion", most=1),
    "diff": Verb("show what differs between two versions", 2, 2, opens=True),
    "promote": Verb("check a version and make it the champion, without the gate", 1, 1, opens=True),
    "rollback": Verb("make the version the champion again that served before", opens=True),
    "verify": Verb("check files and golden rows of some versions, or of all", most=None, opens=True),
    "prune": Verb("remove all but the newest versions, the champion and its predecessor"),
}
