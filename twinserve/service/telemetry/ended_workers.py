"""The counts of workers that have ended, in one file, so that `/metrics` stays quick however often workers end.

Each worker counts in files of its own, `TYPE_PROCESS.db`, and these stay, because what was counted stays counted. Read
together, 1,500 of them take 300 ms.
"""

from __future__ import annotations

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict

TYPES: Final = ("counter", "histogram", "summary")
"""Kinds of metrics whose values of several workers are added up."""
ENDED: Final = "ended"
MOST: Final = 16
"""Files of ended workers that are read one by one; with more of them, all become one."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else merges files of this folder meanwhile."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def merge_ended(folder: Path) -> None:
    """Merge the files of ended workers, if there are many. Call it while the folder is `locked`."""
    for kind in TYPES:
        files = [path for path in folder.glob(f"{kind}_*.db") if _has_ended(path)]
        if len(files) > MOST:
            _merge(files, folder / f"{kind}_{ENDED}.db")
    for path in folder.glob("gauge_live*.db"):  # Gauges of the living, such as ours.
        if _has_ended(path):
            path.unlink(missing_ok=True)


def _has_ended(path: Path) -> bool:
    process = path.stem.rpartition("_")[2]
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # It belongs to somebody else.
        return False
    return False


def _merge(files: list[Path], target: Path) -> None:
    total: defaultdict[str, float] = defaultdict(float)
    for path in (*files, *([target] if target.exists() else ())):
        for key, value, _, _ in MmapedDict.read_all_values_from_file(path):  # type: ignore[no-untyped-call]
            total[key] += value
    partial = target.with_suffix(".new")
    partial.unlink(missing_ok=True)
    merged = MmapedDict(str(partial))  # type: ignore[no-untyped-call]  # Here and below: the library has no types.
    for key, value in total.items():
        merged.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    merged.close()  # type: ignore[no-untyped-call]
    partial.replace(target)
    for path in files:
        path.unlink()
