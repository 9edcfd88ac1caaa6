"""Environment variables that have our prefix but name no setting: Kubernetes' own and make's are ignored, others are
mistakes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

# Variables that Kubernetes and Docker set in every container beside a service named `twinserve` or `twinserve-...`.
LINK_NAME: Final = re.compile(
    r".*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)\Z"
)
LINK_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")
MAKE: Final = frozenset({"WHEEL"})
"""What the Makefile of a project reads: whoever exports it for `make` may run a door in the same terminal."""


def is_service_link(name: str, value: str) -> bool:
    """Is this a variable by which Kubernetes describes a service? `name` is in upper case."""
    return bool(LINK_NAME.match(name) or (name.endswith("_PORT") and LINK_VALUE.match(value)))


def mistake(variables: Mapping[str, str | None], prefix: str, fields: Iterable[str]) -> str | None:
    """A sentence about the first variable that names no setting, None if there is none; empty ones do not count."""
    known = [field.upper() for field in fields]
    for given, value in sorted(variables.items()):
        name = given.upper()
        field = name.removeprefix(prefix)
        if field == name or field in known or field in MAKE or not value or is_service_link(name, value):
            continue
        near = difflib.get_close_matches(field, known, n=1)
        advice = f"did you mean {prefix}{near[0]}?" if near else "`--help` lists all settings."
        return f"Unknown setting {given}; {advice}"
    return None
