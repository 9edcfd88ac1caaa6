"""Which settings need others, or cannot stand together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Protocol

from twinserve.service.addresses import is_loopback, is_safe
from twinserve.service.http.cors import wrong_origin
from twinserve.service.protocol_names import DIALECTS, split, unknown
from twinserve.store.models import NAME

PREFIX: Final = "TWINSERVE_"


class Compared(Protocol):
    """The settings that are compared with each other."""

    @property
    def listed_models(self) -> tuple[str, ...]: ...
    @property
    def host(self) -> str: ...
    @property
    def auth(self) -> str | None: ...
    @property
    def keys(self) -> Path | None: ...
    @property
    def signing_key(self) -> Path | None: ...
    @property
    def issuer(self) -> str | None: ...
    @property
    def cors_origins(self) -> str: ...
    @property
    def protocols(self) -> str: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def rate_store(self) -> str | None: ...


def wrong_together(settings: Compared) -> str | None:
    """What is wrong with these settings together and what to do, without a full stop; None where nothing is."""
    return _wrong_access(settings) or _wrong_rate(settings) or _wrong_list(settings)


def _wrong_access(settings: Compared) -> str | None:
    if settings.auth is None and not is_loopback(settings.host):
        return (
            f"{PREFIX}HOST={settings.host} can be reached from other machines: require credentials with "
            f"{PREFIX}AUTH=keys or oauth, or allow everybody with {PREFIX}AUTH=none"
        )
    if settings.auth == "keys" and settings.keys is None:
        return f"{PREFIX}AUTH=keys needs {PREFIX}KEYS, the file of keys"
    if settings.auth == "oauth" and settings.keys is None and settings.issuer is None:
        return f"{PREFIX}AUTH=oauth needs {PREFIX}KEYS, the file of clients, or {PREFIX}ISSUER"
    if settings.auth == "oauth" and settings.keys is not None and settings.signing_key is None:
        return f"{PREFIX}AUTH=oauth with {PREFIX}KEYS needs {PREFIX}SIGNING_KEY"
    if settings.issuer is not None and ("?" in settings.issuer or not is_safe(settings.issuer)):
        return f"{PREFIX}ISSUER must be an https URL, or an http URL of this machine, without a query"
    return None


def _wrong_list(settings: Compared) -> str | None:
    if (origin := wrong_origin(settings.cors_origins)) is not None:
        return (
            f"{PREFIX}CORS_ORIGINS: {origin!r} is not an origin as browsers send it; write scheme and host in "
            "small letters, and a port that is not the scheme's own, as in https://app.example:8443, or * for any"
        )
    if (name := next((name for name in split(settings.protocols) if name not in DIALECTS), None)) is not None:
        return f"{PREFIX}PROTOCOLS: {unknown(name)}"
    if wrong := [name for name in settings.listed_models if not NAME.fullmatch(name)]:
        return f"{PREFIX}MODELS: {wrong[0]!r} cannot be a model; write their names, separated by commas, or * for all"
    return None


def _wrong_rate(settings: Compared) -> str | None:
    if settings.rate_store is not None and not re.match(r"(rediss?|unix)://", settings.rate_store):
        return f"{PREFIX}RATE_STORE must be a URL that begins with redis://, rediss:// or unix://"
    if settings.rate_store is not None and settings.rate is None:
        return f"{PREFIX}RATE_STORE needs {PREFIX}RATE, the rate to count"
    return None
