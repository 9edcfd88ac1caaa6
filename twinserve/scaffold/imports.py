"""The imports of a module that is being written, sorted as ruff sorts them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from twinserve.scaffold.layout import WIDTH, sequence
from twinserve.scaffold.layout import lines as laid_out


class Imports:
    """The modules and names that the module uses."""

    def __init__(self) -> None:
        self._modules: set[tuple[str, str | None]] = set()
        self._names: dict[str, set[str]] = {}

    def module(self, name: str, short: str | None = None) -> str:
        """Import a module; gives the name by which it is used."""
        self._modules.add((name, short))
        return short or name

    def name(self, module: str, name: str) -> str:
        """Import a name from a module; gives the name."""
        self._names.setdefault(module, set()).add(name)
        return name

    def lines(self) -> Iterator[str]:
        """The lines: `__future__`, then Python's own modules, then the others."""
        yield "from __future__ import annotations"
        for own in (True, False):
            block = [*self._plain(own=own), *self._from(own=own)]
            if block:
                yield ""
                yield from block

    def _plain(self, *, own: bool) -> Iterator[str]:
        for name, short in sorted(self._modules, key=lambda pair: (pair[0], pair[1] or "")):
            if _is_own(name) is own:
                yield f"import {name}" + (f" as {short}" if short else "")

    def _from(self, *, own: bool) -> Iterator[str]:
        for module, names in sorted(self._names.items()):
            if _is_own(module) is own:
                yield from _from_import(module, sorted(names, key=_place))


def _is_own(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _place(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _from_import(module: str, names: list[str]) -> Iterator[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from laid_out(sequence("(", list(names), ")"), before=f"from {module} import ")
