"""The work of `twinserve score`: open the version, the table and the answers, and put them together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from twinserve import __version__
from twinserve.bulk.files.folder import AnswerTables, Table, to_folder
from twinserve.bulk.files.job import Asking, Summary, Tell, to_file, to_stream
from twinserve.bulk.files.places import (
    STANDARD,
    input_form,
    is_database,
    output_form,
    require_other,
    require_readable,
)
from twinserve.bulk.files.source import Source, open_source
from twinserve.bulk.forms import Form, require_pyarrow
from twinserve.bulk.options import Options
from twinserve.bulk.version import Opening
from twinserve.cli.score_progress import Shown
from twinserve.errors import AskedWrongly
from twinserve.service.cores import available_cores
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
    read, written = Path(options.read), Path(options.written)
    is_place = options.read != STANDARD and not is_database(options.read)
    if is_place:
        require_readable(read)
    is_folder = is_place and read.is_dir()
    of_input = None if is_folder or options.query else input_form(options.read, options.format)
    writes = _writes(options, of_input, is_folder=is_folder)
    require_pyarrow(*(form for form in (of_input, writes) if form))
    if is_place and options.written != STANDARD and not is_database(options.written):
        require_other(read, written)
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

    def telling(source: Source, before: int = 0) -> Tell:
        return lambda rows, place: shown.tell(before + rows, place, source.total)

    if is_folder:

        def answer_tables(tables: Sequence[Table]) -> Iterator[Summary]:
            rows = 0
            for table in tables:
                source = opened(str(table.read))
                tell = telling(source, rows)
                yield (summary := to_file(
                    asking, source, table.read, table.written, tell, goes_on=options.resume, journal_at=table.journal
                ))  # fmt: skip
                rows += summary.rows

        each = answer_tables if options.ray is None else on_ray(options, opening, asking, opened, shown)
        return to_folder(Path(options.read), written, options.format, asking.writes, each, goes_on=options.resume)
    if options.query is not None:
        from twinserve.bulk.files.database import QuerySource

        source: Source = QuerySource(options.read, options.query, asking.version, asking.options)
    else:
        source = opened(options.read)
    tell = telling(source)
    if options.table is not None:
        from twinserve.bulk.files.database import to_table

        return to_table(asking, source, options.written, options.table, tell)
    if options.written == STANDARD:
        return to_stream(asking, source, sys.stdout.buffer, tell)
    read = None if options.query or options.read == STANDARD else Path(options.read)
    return to_file(asking, source, read, written, tell, goes_on=options.resume)


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
