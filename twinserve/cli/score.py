"""`twinserve score`: the answers to all rows of a table, from its options to its exit code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinserve.bulk.forms import SUFFIXES
from twinserve.cli.command import Command, guarded
from twinserve.cli.options.shared import (
    add_policy,
    add_store,
    not_empty,
    public_key,
    require_policy,
    size,
    variable,
    words,
)
from twinserve.cli.train_options import Knobs

if TYPE_CHECKING:
    from twinserve.bulk.files.job import Summary

FORMS: Final = tuple(dict.fromkeys(SUFFIXES.values()))
SOME_BAD: Final = 4
EXIT_CODES: Final = (
    "Exit codes: 0 every row was answered, 4 all is written and some rows have errors in place of an answer, 1 failed, "
    "2 wrong usage, or a table without the columns of the model. OUT appears whole or not at all; what a run that was "
    "killed leaves in OUT.partial is gone on with by --resume."
)


def command(_verb: str, program: str) -> Command:
    """`twinserve score`."""
    parser = _parser(program)

    def act(options: argparse.Namespace) -> int:
        _require_consistent(parser, options)
        return _score(program, options)

    return Command(parser, act)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Answer every row of a table, of any size: a file of CSV, NDJSON, Arrow or Parquet, a folder of "
        "files, standard input, or a query of a database. Each row has the answer that POST /predict gives to it.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("read", metavar="IN", type=not_empty, help="a file, a folder, - or the URL of a database")
    parser.add_argument("written", metavar="OUT", type=not_empty, help="a file, a folder, - or the URL of a database")
    parser.add_argument("--format", choices=FORMS, help="the form of IN (default: by its ending)")
    parser.add_argument("--to", choices=FORMS, help="the form of OUT (default: by its ending, of - that of IN)")
    parser.add_argument("--query", type=not_empty, metavar="SQL", help="the rows of the database whose URL IN is")
    parser.add_argument("--table", type=not_empty, metavar="NAME", help="a new table of the database whose URL OUT is")
    parser.add_argument(
        "--resume", action="store_true", help="go on where a run with the same arguments was killed, if one was"
    )
    parser.add_argument(
        "--threads",
        type=size,
        metavar="N",
        help="how many answer at the same time (default: as many as there are cores)",
    )
    parser.add_argument(
        "--ray",
        type=not_empty,
        metavar="ADDRESS",
        help="answer the files of a folder on this cluster of Ray (auto: the one of this machine)",
    )
    answer = parser.add_argument_group("answers")
    answer.add_argument(
        "--pass",
        dest="passed",
        action="append",
        type=words,
        metavar="COLUMN",
        help="a column, the model's or another one, that comes back beside the answer; may be repeated, and takes A,B",
    )
    answer.add_argument(
        "--coverage",
        type=float,
        metavar="P",
        help="add the interval (low, high) or the set of labels that holds the true one with this probability",
    )
    answer.add_argument("--explain", action="store_true", help="add how much each column contributed")
    answer.add_argument(
        "--class", dest="label", type=not_empty, metavar="CLASS", help="explain this class (default: each row's label)"
    )
    answer.add_argument("--top", type=size, metavar="N", help="list the N greatest contributions")
    add_policy(answer)
    model = parser.add_argument_group("model")
    model.add_argument("--model", dest="name", type=not_empty, default=argparse.SUPPRESS, help="the same as --name")
    add_store(model, Knobs().artifacts)
    model.add_argument("--version", type=size, metavar="N", help="the version (default: the champion)")
    model.add_argument(
        "--seal-key",
        metavar="FILE",
        type=public_key,
        default=variable("TWINSERVE_SEAL_KEY"),
        help="open it only if it is sealed with this key (default: $TWINSERVE_SEAL_KEY)",
    )
    return parser


def _require_consistent(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exit with code 2 where options contradict each other."""
    of_database, to_database = "://" in options.read, "://" in options.written
    if of_database and options.query is None:
        parser.error("IN is the URL of a database: give --query, the SELECT whose rows are to be answered")
    if to_database and options.table is None:
        parser.error("OUT is the URL of a database: give --table, the name of the new table for the answers")
    if options.query is not None and not of_database:
        parser.error("--query belongs to a database, whose URL IN is, such as sqlite:///loans.db")
    if options.table is not None and not to_database:
        parser.error("--table belongs to a database, whose URL OUT is, such as sqlite:///loans.db")
    if options.ray is not None and not Path(options.read).is_dir():
        parser.error("--ray takes a folder as IN: each of its files is answered by one worker of the cluster")
    if options.ray is not None and options.threads is not None:
        parser.error("--threads belongs to this machine; with --ray each file has one core")
    if not options.explain and (options.label is not None or options.top is not None):
        parser.error("--class and --top belong to --explain")
    if options.resume and (of_database or to_database or "-" in (options.read, options.written)):
        parser.error(
            "--resume takes files only: standard streams cannot be read or written again, and a query may give its "
            "rows in another order"
        )
    require_policy(parser, options.out_of_range)


def _score(program: str, options: argparse.Namespace) -> int:
    def work() -> int:
        from twinserve.cli.score_progress import progress
        from twinserve.cli.score_steps import score

        with progress() as shown:
            summary = score(options, shown)
        shown.end(summary)
        return _code(summary)

    is_kept = options.written != "-" and options.table is None

    def changed() -> str:
        from twinserve.bulk.files.places import followed

        target = followed(Path(options.written))
        kept = is_kept and target.with_name(f"{target.name}.partial").exists()
        return f"--resume goes on with {target}.partial" if kept else "nothing was changed"

    return guarded(program.partition(" ")[0], work, changed)


def _code(summary: Summary) -> int:
    return SOME_BAD if summary.bad_rows else 0
