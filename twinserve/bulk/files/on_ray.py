"""The files of a folder on a cluster of Ray: actors of Ray Data answer one file each, with a version that each of them
has opened once. All nodes see folders and store under the same paths."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from twinserve.bulk.files.folder import Table
from twinserve.bulk.files.in_use import InUse
from twinserve.bulk.files.job import Asking, Summary, to_file
from twinserve.bulk.files.places import input_form
from twinserve.bulk.files.source import open_source
from twinserve.bulk.forms import Form
from twinserve.bulk.options import Options
from twinserve.bulk.version import Opening
from twinserve.errors import ModelError

PLACE: Final = re.compile(r"(?:ray://)?([^:/]+):([0-9]{1,5})$")
PATIENCE: Final = 5.0
"""Seconds for a connection."""
LOCKED: Final = 150.0
"""Seconds for which a locked file is waited for. Of a node that is lost a file server keeps locks for some 90."""
AGAIN: Final = 1.0
"""Seconds until it is tried again."""
NO_PROGRESS: Final = "execution_no_progress_timeout_s"


class RayFailed(ModelError):
    """The cluster cannot be reached, or one of its workers could not answer a file."""


@dataclass(frozen=True)
class Work:
    """What an actor needs: nothing of it is open."""

    opening: Opening
    options: Options
    writes: Form
    given: Form | None
    """The form of the files; None: by their endings."""
    release: str
    """See `Asking`."""


class Actor:
    """Answers files, one after another."""

    def __init__(self, work: Work) -> None:
        self._given = work.given
        self._asking = Asking(work.opening(), work.options, work.writes, threads=1, release=work.release)

    def __call__(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The number of rows of a file whose answers are written, or why they are not.

        It goes on where another actor was killed: the journal says how far that one came."""
        table, end = Table(*(Path(row[name]) for name in Table._fields)), time.monotonic() + LOCKED
        while True:
            try:
                summary = self._written(table)
            except InUse as error:
                if time.monotonic() > end:
                    return _failed(table, error)
                time.sleep(AGAIN)
            except (ModelError, OSError) as error:
                return _failed(table, error)
            else:
                return {"rows": summary.rows, "bad_rows": summary.bad_rows, "failed": ""}

    def _written(self, table: Table) -> Summary:
        """Write the answers to a file; raises `InUse` while another actor may write them."""
        asking = self._asking
        form = input_form(str(table.read), self._given)
        source = open_source(str(table.read), form, asking.version, asking.options)
        return to_file(asking, source, table.read, table.written, _silent, goes_on=True, journal_at=table.journal)


def _failed(table: Table, error: Exception) -> Mapping[str, Any]:
    return {"rows": 0, "bad_rows": 0, "failed": f"{table.read}: {error}"}


def answered_on(address: str, work: Work, tables: Sequence[Table]) -> Iterator[Summary]:
    """Write the answers to these files, as many at a time as the cluster has cores; raises `RayFailed`.

    What a killed worker or node had under way another one does."""
    import ray.data
    from ray.exceptions import RayError

    _connect(address)
    _set_up()
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    rows = [{name: str(path) for name, path in table._asdict().items()} for table in tables]
    files = ray.data.from_items(rows, override_num_blocks=len(rows))
    done = files.map(
        Actor,
        fn_constructor_args=(work,),
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=min(cores, len(rows))),
        num_cpus=1,
        max_restarts=-1,
        max_task_retries=-1,
    )
    try:
        for row in done.iter_rows():
            if row["failed"]:
                raise RayFailed(row["failed"])
            yield Summary(int(row["rows"]), int(row["bad_rows"]))
    except RayError as error:
        raise RayFailed(f"A worker of the cluster failed ({type(error).__name__}); its log has more.") from error


def _connect(address: str) -> None:
    import ray

    if ray.is_initialized():
        return
    try:
        if match := PLACE.match(address):  # Ray itself goes on trying for minutes.
            socket.create_connection((match[1], int(match[2])), timeout=PATIENCE).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as error:
        raise RayFailed(f"No cluster of Ray answers at {address!r} ({type(error).__name__}).") from error


def _set_up() -> None:
    """No bars, and no limit to the time of a file: newer releases of Ray end what shows no result for 30 minutes."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    if hasattr(context, NO_PROGRESS):
        setattr(context, NO_PROGRESS, -1)


def _silent(_rows: int, _place: int) -> None:
    """Nobody watches a single file."""
