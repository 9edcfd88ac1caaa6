"""The work of `twinserve score`: open the version, the table and the answers, and put them together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from twinserve import __version__
from twinserve.bulk.files.folder import AnswerTables, Table, to_folder
from twinserve.bulk.files.job import Asking, CannotWrite, Summary, to_file, to_stream
from twinserve.bulk.files.journal import naming
from twinserve.bulk.files.places import (
    STANDARD,
    file_of,
    input_form,
    is_database,
    output_form,
    require_other,
    require_readable,
    require_writable,
)
from twinserve.bulk.files.source import Source, open_source
from twinserve.bulk.forms import Form, require_pyarrow
from twinserve.bulk.malformed import MalformedTable
from twinserve.bulk.options import Options, WrongOption
from twinserve.bulk.version import Opening
from twinserve.cli.score_progress import Shown
from twinserve.errors import AskedWrongly
from twinserve.service.cores import available_cores
from twinserve.service.process.streams import was_closed
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.store.artifact import Trust
from twinserve.store.models import only_model
from twinserve.store.registry import Registry

LISTED: Final = 10
"""Columns that are named when a table does not fit."""


class DoesNotFit(AskedWrongly):
    """The table lacks columns of the model, or has others."""


def score(options: argparse.Namespace, shown: Shown) -> Summary:
    """Do what the options ask for; raises `AskedWrongly`, `ModelError` and OSError."""
    read = Path(options.read)
    is_place = options.read != STANDARD and not is_database(options.read)
    if is_place:
        require_readable(read)
    is_folder = is_place and read.is_dir()
    of_input = None if is_folder or options.query else input_form(options.read, options.format)
    writes = _writes(options, of_input, is_folder=is_folder)
    require_pyarrow(*(form for form in (of_input, writes) if form))
    _require_places(options, is_folder=is_folder)
    threads = options.threads or available_cores()
    opening = _opening(options)
    asking = Asking(opening(), _options(options), writes, threads, release=__version__)
    try:
        return _scored(options, opening, asking, of_input, shown, is_folder=is_folder)
    except InvalidInput as error:
        raise DoesNotFit(_sentence(error)) from None


def _scored(
    options: argparse.Namespace,
    opening: Opening,
    asking: Asking,
    of_input: Form | None,
    shown: Shown,
    *,
    is_folder: bool,
) -> Summary:
    written = Path(options.written)

    def opened(path: str) -> Source:
        standard_input = sys.stdin.buffer if path == STANDARD else None
        form = of_input or input_form(path, options.format)
        return open_source(path, form, asking.version, asking.options, standard_input)

    if is_folder:

        def answer_tables(tables: Sequence[Table]) -> Iterator[Summary]:
            rows = 0
            for table in tables:
                with _naming(table.read):
                    source = opened(str(table.read))
                    tell, goes_on = _Telling(shown, source, rows), options.resume
                    summary = to_file(
                        asking, source, table.read, table.written, tell, goes_on=goes_on, journal_at=table.journal
                    )
                tell.begin(summary.rows)
                yield summary
                rows += summary.rows

        each = answer_tables if options.ray is None else on_ray(options, opening, asking, opened, shown)
        return to_folder(Path(options.read), written, options.format, asking.writes, each, goes_on=options.resume)
    if options.query is not None:
        from twinserve.bulk.files.database import QuerySource

        source: Source = QuerySource(options.read, options.query, asking.version, asking.options)
    else:
        source = opened(options.read)
    tell = _Telling(shown, source)
    if options.table is not None:
        from twinserve.bulk.files.database import to_table

        return to_table(asking, source, options.written, options.table, tell)
    if options.written == STANDARD:
        return to_stream(asking, source, sys.stdout.buffer, tell)
    read = None if options.query or options.read == STANDARD else Path(options.read)
    summary = to_file(asking, source, read, written, tell, goes_on=options.resume)
    tell.begin(summary.rows)
    return summary


class _Telling:
    """Shows how far a table is; `before` it so many rows were answered."""

    def __init__(self, shown: Shown, source: Source, before: int = 0) -> None:
        self._shown, self._source, self._before = shown, source, before
        self._is_begun = False

    def __call__(self, rows: int, place: int) -> None:
        self.begin(rows)
        self._shown.tell(self._before + rows, place, self._source.total)

    def begin(self, rows: int) -> None:
        """So many of them had an earlier run answered; all, if there was nothing to tell of."""
        if not self._is_begun:
            self._shown.keep(rows)
            self._is_begun = True


def _require_places(options: argparse.Namespace, *, is_folder: bool) -> None:
    """Raise where the answers cannot be written, or would destroy what is read; nothing was touched until then."""
    if options.written == STANDARD and was_closed("stdout"):
        raise CannotWrite("Standard output is closed.")
    if options.written == STANDARD or is_database(options.written):
        return
    written, read = Path(options.written), file_of(options.read)
    require_writable(written, is_folder=is_folder)
    if read is not None and read.exists():
        require_other([read], written)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which file of a folder an error is about."""
    try:
        with naming(path):
            yield
    except InvalidInput as error:
        raise DoesNotFit(f"{path}: {_sentence(error)}") from None
    except WrongOption as error:
        raise AskedWrongly(f"{path}: {error}") from None
    except MalformedTable as error:
        raise type(error)(f"{path}: {error}") from None


def _writes(options: argparse.Namespace, of_input: Form | None, *, is_folder: bool) -> Form:
    """The form of the answers; those into a database have none that matters."""
    if options.table is not None:
        return "ndjson"
    if is_folder:
        if options.written == STANDARD:
            raise AskedWrongly("A folder is answered into a folder; give its name as OUT.")
        return options.to or options.format or _of_first(Path(options.read))
    return output_form(options.written, options.to, of_input)


def _of_first(folder: Path) -> Form:
    from twinserve.bulk.files.places import files_in

    return input_form(str(files_in(folder, None)[0]), None)


def _options(options: argparse.Namespace) -> Options:
    passed = tuple(name for names in options.passed or () for name in names)
    return Options(options.coverage, passed, options.explain, options.label, options.top)


def _opening(options: argparse.Namespace) -> Opening:
    root = Path(options.artifacts)
    registry = Registry(root, options.name or only_model(root))
    number = registry.require_champion().version if options.version is None else options.version
    trust = Trust(options.trust_pickles, options.seal_key, options.max_artifact)
    return Opening(registry.require(number), str(number), trust, options.out_of_range)


def on_ray(
    options: argparse.Namespace, opening: Opening, asking: Asking, opened: Callable[[str], Source], shown: Shown
) -> AnswerTables:
    """How the files of a folder are answered on a cluster."""
    if find_spec("ray") is None:
        raise AskedWrongly("--ray needs Ray: pip install 'twinserve[ray]'.")
    from twinserve.bulk.files.on_ray import Work, answered_on

    work = Work(opening, asking.options, asking.writes, options.format, asking.release)

    def answer_tables(tables: Sequence[Table]) -> Iterator[Summary]:
        for table in tables:
            with _naming(table.read):
                opened(str(table.read))  # Raises where its columns do not fit, before any file is answered.
        rows = 0
        shown.tell(0, 0, len(tables))
        for done, summary in enumerate(answered_on(options.ray, work, tables), start=1):
            rows += summary.rows
            shown.tell(rows, done, len(tables))
            yield summary

    return answer_tables


def _sentence(error: InvalidInput) -> str:
    """The first findings about the columns, in one sentence."""
    told = [f"{one['pointer'] or 'the table'}: {one['detail']}" for one in error.errors[:LISTED]]
    more = f" And {error.total - len(told)} more." if error.total > len(told) else ""
    return f"The table does not fit the model. {' '.join(told)}{more}"
