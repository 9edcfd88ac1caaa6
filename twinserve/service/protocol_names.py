"""The table of dialects that `TWINSERVE_PROTOCOLS` may name. It loads none of them, as the settings read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DIALECTS: Final[Mapping[str, str]] = {
    "v2": "twinserve.service.protocols.v2.dialect:V2",
    "v1": "twinserve.service.protocols.instances.v1:V1",
    "mlflow": "twinserve.service.protocols.instances.mlflow:MLFLOW",
    "sagemaker": "twinserve.service.protocols.instances.sagemaker:SAGEMAKER",
    "vertex": "twinserve.service.protocols.instances.vertex:vertex",
}
"""By name: the module of a dialect, and what it, or a function that makes it, is called there."""
ALL: Final = ",".join(DIALECTS)


def split(names: str) -> tuple[str, ...]:
    """The names in a list with commas between them, each once."""
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def unknown(name: str) -> str:
    """A sentence about a name that is not in the table, without a full stop."""
    return f"There is no protocol {name!r}; there {'are' if len(DIALECTS) > 1 else 'is'} {', '.join(DIALECTS)}"
