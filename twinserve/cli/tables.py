"""Tables for people; what is piped into a program is lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.markup import escape
from rich.table import Table


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (), no_wrap: bool = False
) -> Table:
    """A table without lines; `right` are the columns whose cells end alike."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for index, head in enumerate(heads):
        made.add_column(head, justify="right" if index in right else "left", no_wrap=no_wrap)
    for row in rows:
        made.add_row(*map(escape, row))
    return made
