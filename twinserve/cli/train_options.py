"""The options of a training: by `train.py` and by `twinserve train`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Final

from twinserve.cli.options.column_options import add_columns, add_split, names_columns
from twinserve.cli.options.shared import (
    add_decision,
    add_estimator,
    add_metric,
    add_policy,
    add_reading,
    add_store,
    model_name,
    not_empty,
    positive,
    reading_of,
    require_policy,
    sealing_key,
    seed,
)
from twinserve.cli.options.target_options import add_target
from twinserve.errors import AskedWrongly
from twinserve.metric import TOLERANCE
from twinserve.tables.formats import require_known

EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage or nothing to learn from, 3 held back by the gate or by a rollback. "
    "A failed training changes nothing."
)


@dataclass(frozen=True)
class Knobs:
    """The defaults of a training; a project's `train.py` sets them, with the reasons."""

    recipe: str | None = None
    """The recipe that is trained where none is given; None: one must be given."""
    seed: int = 0
    artifacts: str = "artifacts"
    tolerance: float = TOLERANCE
    budget: float = 60.0


def training_parser(program: str, knobs: Knobs, usage: str | None = None) -> argparse.ArgumentParser:
    """The parser of a training."""
    parser = argparse.ArgumentParser(
        prog=program,
        usage=usage,
        description="Train a model, prove the compiled one equal to it, and promote it if it passes the gate.",
        epilog=EXIT_CODES,
    )
    parser.set_defaults(more_data=[], more_targets=[])
    _data(parser.add_argument_group("data and recipe"), knobs)
    add_columns(parser.add_argument_group("columns of --data: each option may be repeated, and takes A,B as well"))
    _split(parser.add_argument_group("split: which rows are held out to judge the model, and how folds are made"))
    _training(parser.add_argument_group("training"), knobs)
    output = parser.add_argument_group("output")
    add_output(output, knobs)
    output.add_argument("--track", action="store_true", help="write parameters, metrics and version to MLflow as a run")
    add_gate(parser.add_argument_group("promotion: the gate decides whether the new version is promoted"), knobs)
    return parser


def require_consistent(parser: argparse.ArgumentParser, options: argparse.Namespace, knobs: Knobs) -> None:
    """Exit with code 2 where options contradict each other; sets the name of a model that a table gives."""
    if options.data is not None and options.target is None:
        parser.error("--data needs --target, the column to predict")
    if options.data is not None and options.recipe is not None:
        parser.error("--data and --recipe exclude each other; give one")
    if options.data is not None and options.name is None:
        options.name = model_name(options.data) or parser.error(f"--data {options.data} gives no name; give --name")
    if options.data is None and (sentence := _needs_data(options)):
        parser.error(sentence)
    if options.budget is not None and not options.search:
        parser.error("--budget is the time of a search; give --search, or leave it out")
    require_known_tables(parser, options)
    if options.holdout is not None and options.holdout == options.data:
        parser.error("--holdout and --data name the same file")
    if sum(map(bool, (options.holdout, options.time, options.group, options.stratify))) > 1:
        parser.error("--holdout, --time, --group and --stratify exclude each other; give one")
    if options.data is None and options.recipe is None and knobs.recipe is None:
        parser.error("say what to learn: --data FILE --target COLUMN, or --recipe package.module:name")
    require_policy(parser, options.out_of_range)


def _needs_data(options: argparse.Namespace) -> str | None:
    """Which of these options are of no use without a table."""
    if options.target or options.task or options.metric or options.format:
        return "--target, --task, --metric and --format belong to --data"
    if options.header is not None or options.null_values or options.query or options.sheet:
        return "--header, --null-values, --sheet and --query belong to --data"
    if names_columns(options) or options.estimator:
        return "--estimator and options of columns, such as --drop, belong to --data; a recipe has its own"
    if options.threshold is not None or options.costs or options.positive:
        return "--threshold, --costs and --positive belong to --data; a recipe has decision=Decision(...)"
    if options.holdout is not None:
        return "--holdout belongs to --data; a recipe names its hold-out by Table(held_out=...)"
    return None


def require_known_tables(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exit with code 2 for a file of an unknown format, before anything heavy is imported."""
    given = [options.data, *options.more_data] if options.data is not None else []
    try:
        for location in given:
            require_known(location, reading_of(options))
    except AskedWrongly as error:
        parser.error(str(error))


class Several(argparse.Action):
    """Keeps the first of several values as the option's, and the others as `more_data`."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: Any, _option: object = None) -> None:
        """Set both."""
        namespace.data, *namespace.more_data = values


def _data(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    default = f" (default: {knobs.recipe})" if knobs.recipe else ""
    by_name = (
        "a recipe of this project by name, or any recipe as package.module:name"
        if knobs.recipe
        else ("a recipe as package.module:name")
    )
    group.add_argument("--recipe", type=not_empty, help=by_name + default)
    group.add_argument(
        "--data",
        metavar="FILE",
        nargs="+",
        action=Several,
        help="a table to train on: files, a quoted pattern such as 'data/*.parquet', or the URL of a database; - reads "
        "standard input",
    )
    add_target(group)
    add_reading(group)


def _split(group: argparse._ArgumentGroup) -> None:
    add_split(group)
    group.add_argument(
        "--holdout", type=not_empty, metavar="FILE", help="the rows of this table, with --data and the same columns"
    )


def _training(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    add_metric(group, "the metric that chooses the best candidate, with --data (default: log_loss or rmse)")
    add_estimator(group)
    add_decision(group)
    group.add_argument("--search", action="store_true", help="search the candidates' hyper-parameters")
    group.add_argument(
        "--budget", type=positive, metavar="SECONDS", help=f"how long --search may take (default: {knobs.budget})"
    )
    group.add_argument(
        "--refit",
        action="store_true",
        help="after the judging, fit once more on all rows, for serving; figures and gate stay with the fit before",
    )
    add_policy(group)
    group.add_argument(
        "--publish-rows",
        action="store_true",
        help="show training rows as examples on the page of the service; by default examples are composed",
    )
    group.add_argument("--seed", type=seed, default=knobs.seed, help="the random seed (default: %(default)s)")


def add_output(group: argparse._ArgumentGroup, knobs: Knobs, name: str = "the recipe's or the file's name") -> None:
    """The store, the seal and `--json`. `name`: the model's name by default, for the help."""
    add_store(group, knobs.artifacts, name)
    group.add_argument("--seal-key", metavar="FILE", type=sealing_key, help="seal the version with this private key")
    group.add_argument("--json", action="store_true", help="print the report as one JSON document")


def add_gate(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    """What the gate allows."""
    group.add_argument(
        "--no-promote", dest="promote", action="store_false", help="register the version without promoting it"
    )
    group.add_argument(
        "--tolerance",
        type=positive,
        default=knobs.tolerance,
        help="how much worse than the champion, in units of the metric, still counts as not worse (%(default)s)",
    )
    group.add_argument(
        "--release", action="store_true", help="promote even though a rollback holds the champion; the hold ends"
    )
    group.add_argument("--allow-breaking", action="store_true", help="promote even if callers of the champion break")
    group.add_argument(
        "--allow-fallback",
        action="store_true",
        help="promote even if the model could not be compiled and scikit-learn has to serve it",
    )
    group.add_argument(
        "--allow-weak",
        action="store_true",
        help="promote even if no metric's 95 %% interval excludes the value of a model that uses no feature",
    )
