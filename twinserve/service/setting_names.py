"""Variables that begin as ours do and are no settings: Kubernetes' own, which are ignored, and mistakes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

# What Kubernetes and Docker tell every container of a namespace about a service named `twinserve` or `twinserve-...`.
LINK_NAME: Final = re.compile(
    r".*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)\Z"
)
LINK_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")


def is_service_link(name: str, value: str) -> bool:
    """Is this a variable, named in upper case, by which Kubernetes describes a service?"""
    return bool(LINK_NAME.match(name) or (name.endswith("_PORT") and LINK_VALUE.match(value)))


def mistake(variables: Mapping[str, str | None], prefix: str, fields: Iterable[str]) -> str | None:
    """What is wrong about the first variable that is no setting, in one sentence; an empty one is no value."""
    known = [field.upper() for field in fields]
    for given, value in sorted(variables.items()):
        name = given.upper()
        field = name.removeprefix(prefix)
        if field == name or field in known or not value or is_service_link(name, value):
            continue
        near = difflib.get_close_matches(field, known, n=1)
        advice = f"is {prefix}{near[0]} meant?" if near else "--help of a server lists them all."
        return f"{given} is no setting; {advice}"
    return None
