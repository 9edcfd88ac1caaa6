"""What is said when the system does not let the store be read: its own words, and what to do about them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from twinserve.errors import StoreUnreadable

ADVICE: Final = {
    errno.EMFILE: "allow the process more open files (ulimit -n)",
    errno.ENFILE: "allow the system more open files (fs.file-max)",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.EIO: "check the disk",
    errno.ESTALE: "mount the file system of the store again",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.ENOMEM: "free some memory",
}


def unreadable(what: str, error: OSError) -> StoreUnreadable:
    """The error for a part of the store, named as the subject of a sentence, that the system does not let be read."""
    reason = error.strerror or (os.strerror(error.errno) if error.errno else type(error).__name__)
    advice = ADVICE.get(error.errno or 0, "check the disk and the permissions")
    return StoreUnreadable(f"{what} cannot be read ({reason}); {advice}.")


@contextmanager
def reading(what: str) -> Iterator[None]:
    """A context in which an `OSError` becomes a `StoreUnreadable`."""
    try:
        yield
    except OSError as error:
        raise unreadable(what, error) from error
