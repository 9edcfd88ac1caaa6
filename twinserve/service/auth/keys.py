"""The file of API keys: names, scopes and the digests of the keys, as JSON. No key itself is stored.

A key has 256 random bits, so a plain SHA-256 of it is enough; slow hashes are for passwords that people choose.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from twinserve.service.auth.client import Client
from twinserve.service.auth.reloading_file import Fresh, read_regular
from twinserve.service.http.routes import Scope

NAME: Final = r"[a-z0-9][a-z0-9_-]{0,63}"
KEY: Final = re.compile(rf"tw\.({NAME})\.[A-Za-z0-9_-]{{43}}")
NO_DIGEST: Final = bytes(32)


class Entry(BaseModel):
    """One caller in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=rf"^{NAME}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the key as it is sent, in hexadecimal."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    models: Annotated[tuple[Annotated[str, Field(pattern=rf"^{NAME}$")], ...], Field(min_length=1)] | None = None
    """The models that this caller may ask for; all if none are named."""
    created: AwareDatetime
    expires: AwareDatetime | None = None


class KeyFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if len({entry.name for entry in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same name")
        return self


class Holder:
    """One caller in memory, with its digest as bytes."""

    def __init__(self, entry: Entry) -> None:
        models = None if entry.models is None else frozenset(entry.models)
        self.client = Client(entry.name, frozenset(entry.scopes), models)
        self.digest = bytes.fromhex(entry.digest)
        self._ends = entry.expires.timestamp() if entry.expires else float("inf")

    def is_live(self) -> bool:
        """Is its key still valid, by the wall clock?"""
        return time.time() < self._ends


class Keys:
    """The callers in a file; follows changes of the file."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises `OSError` or `ValueError`."""
        self._holders = Fresh(path, _holders)

    def named(self, name: str) -> Client | None:
        """The caller of this name; None if it is unknown or its key has expired."""
        holder = self._holders.get().get(name)
        return holder.client if holder is not None and holder.is_live() else None

    def find(self, key: str) -> Client | None:
        """The caller whose key this is, None if there is none. Takes the same steps whatever is wrong with a key."""
        parts = KEY.fullmatch(key)
        holder = self._holders.get().get(parts[1]) if parts else None
        held = holder.digest if holder else NO_DIGEST
        same = secrets.compare_digest(hashlib.sha256(key.encode()).digest(), held)
        return holder.client if same and holder and holder.is_live() else None


def new_key(name: str) -> tuple[str, str]:
    """A new key of this name, and its digest for the file."""
    key = f"tw.{name}.{secrets.token_urlsafe(32)}"
    return key, hashlib.sha256(key.encode()).hexdigest()


def read(path: Path) -> KeyFile:
    """The file's content, empty when there is no file; raises `ValueError`."""
    return KeyFile.model_validate_json(read_regular(path)) if path.exists() else KeyFile()


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file's folder, so that no other command changes files in it."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace(path: Path, content: bytes) -> None:
    """Replace a file atomically: a reader sees the old content or the new. A new file gets mode 0600.

    Whoever could read the file still can: its owner, group and mode stay, as far as the system allows."""
    before = path.stat() if path.exists() else None
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if before is not None:
                with suppress(PermissionError):  # Only root may give a file away.
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fchmod(file.fileno(), 0o600 if before is None else before.st_mode & 0o777)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _holders(content: bytes) -> dict[str, Holder]:
    return {entry.name: Holder(entry) for entry in KeyFile.model_validate_json(content).keys}
