"""What each door rests on of its server's inside: all of it is listed, and all that is listed is there."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import serve_fastapi.server.private_names
import serve_flask.server.private_names
from tests.conftest import ROOT

DOORS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "serve_fastapi": serve_fastapi.server.private_names.PRIVATE,
    "serve_flask": serve_flask.server.private_names.PRIVATE,
}
SERVERS = {"uvicorn", "uvloop", "gunicorn"}
LISTED = [(place, name) for names in DOORS.values() for place, listed in names.items() for name in listed]


def found(place: str) -> Any:
    """The module or class of that name."""
    module, _, attribute = place.partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, attribute) if attribute else imported


@pytest.mark.parametrize(("place", "name"), LISTED, ids=lambda part: str(part))
def test_what_is_listed_is_there(place: str, name: str) -> None:
    """As an attribute, or as one that an instance gets when it is made."""
    holder = found(place)
    if hasattr(holder, name):
        return
    sources = "".join(inspect.getsource(base) for base in holder.__mro__[:-1])
    assert re.search(rf"self\.{name}\b", sources)


def classes(door: str) -> Iterator[tuple[type, ast.ClassDef]]:
    """Our classes that extend one of a server's, with their sources."""
    for path in sorted((ROOT / door / "server").glob("[a-z]*.py")):
        module = importlib.import_module(f"{door}.server.{path.stem}")
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield getattr(module, node.name), node


@pytest.mark.parametrize("door", DOORS)
def test_what_is_taken_from_a_server_is_listed(door: str) -> None:
    """Whatever our classes replace, call, read or set of the class that they extend."""
    listed = {name for names in DOORS[door].values() for name in names}
    missing = set()
    for kind, node in classes(door):
        foreign = [base for base in kind.__mro__ if base.__module__.partition(".")[0] in SERVERS]
        if not foreign:
            continue
        theirs = {name for base in foreign for name in vars(base)}
        theirs |= {name for base in foreign[:1] for name in re.findall(r"self\.(\w+)", source_of(base))}
        for base in foreign[1:]:
            theirs |= set(re.findall(r"self\.(\w+)", source_of(base)))
        of_self = {
            part.attr
            for part in ast.walk(node)
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self"
        }
        used = (of_self | set(vars(kind))) & theirs
        missing |= {name for name in used if not name.startswith("__") and name not in listed | DOCUMENTED}
    assert missing == set()


DOCUMENTED = {"connection_lost", "connection_made", "data_received", "eof_received", "pause_writing", "resume_writing"}
"""Of `asyncio.Protocol`."""


def source_of(kind: type) -> str:
    """The source of a class; none where it is compiled."""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""


@pytest.mark.parametrize("package", ["uvicorn", "uvloop", "gunicorn", "flask"])
def test_the_next_release_is_not_taken_unseen(package: str) -> None:
    """An upper bound stands beside the lower one."""
    extras = tomllib.loads(Path(ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (wanted,) = [entry for entry in extras["fastapi"] + extras["flask"] if entry.startswith(package + ">")]
    assert re.fullmatch(rf"{package}>=[0-9.]+,<[0-9.]+", wanted)
