"""`twinserve import`: a version from a model that exists, from its options to its report and exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twinserve.cli.command import Command
from twinserve.cli.options.shared import add_format, add_metric, add_policy, not_empty, require_policy, seed
from twinserve.cli.options.target_options import add_target, all_targets
from twinserve.cli.train_command import Progress, run_release
from twinserve.cli.train_options import Knobs, add_gate, add_output

if TYPE_CHECKING:
    from twinserve.release.fitted_elsewhere.import_steps import Imported
    from twinserve.release.steps import Trained

EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage or a file that gives no model, 3 registered but not promoted: held "
    "back by the gate, or not measured as no rows were given. A failed import changes nothing."
)


def command(_verb: str, program: str) -> Command:
    """`twinserve import`."""
    parser = _parser(program)

    def act(options: argparse.Namespace) -> int:
        _require_consistent(parser, options)
        return _import(program, options)

    return Command(parser, act)


def _parser(program: str) -> argparse.ArgumentParser:
    knobs = Knobs()
    parser = argparse.ArgumentParser(
        prog=program,
        description="Make a version from a fitted scikit-learn model: a skops file, a joblib or pickle file (with "
        "--trust-pickles), or a folder that MLflow saved.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("path", metavar="PATH", type=not_empty, help="the file, or MLflow's folder")
    rows = parser.add_argument_group("rows and columns")
    rows.add_argument("--data", metavar="FILE", help="a table to evaluate it on; - reads standard input")
    add_target(rows, "the column of the table that it predicts")
    add_format(rows)
    rows.add_argument("--unseen", action="store_true", help="it learned from none of these rows")
    rows.add_argument(
        "--input",
        type=not_empty,
        metavar="CLASS",
        help="a Pydantic class that describes its columns: package.module:Class",
    )
    rows.add_argument("--weight", type=not_empty, metavar="COLUMN", help="weighs the rows in metrics and gate, from 0")
    rows.add_argument(
        "--positive", metavar="CLASS", help="the positive class of average_precision (default: the second of two)"
    )
    add_metric(rows, "the metric that decides (default: log_loss or rmse)")
    add_policy(rows)
    rows.add_argument("--seed", type=seed, default=knobs.seed, help="of the made rows (default: %(default)s)")
    add_output(parser.add_argument_group("output"), knobs, "none: one must be given")
    add_gate(parser.add_argument_group("promotion: the gate decides whether the new version is promoted"), knobs)
    return parser


def _require_consistent(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exit with code 2 where options contradict each other."""
    if options.name is None:
        parser.error("give --name, the model's name in the store")
    if options.data is None and len(all_targets(options)) == 1 and "," not in options.target:
        parser.error("--data and --target belong together: a table, and the column that the model predicts")
    if options.data is None and (options.unseen or options.format or options.null_values or options.query):
        parser.error("--unseen, --format, --null-values and --query belong to --data")
    if options.data is None and options.sheet:
        parser.error("--sheet belongs to --data")
    if options.data is None and (options.weight or options.positive is not None):
        parser.error("--weight and --positive belong to --data, on whose rows metrics are computed")
    require_policy(parser, options.out_of_range)


def _import(program: str, options: argparse.Namespace) -> int:
    def begin(progress: Progress) -> tuple[Imported, Callable[[], Trained]]:
        from twinserve.cli.options.import_choices import chosen
        from twinserve.release.fitted_elsewhere.import_steps import Imported

        imported = Imported(*chosen(options), progress)
        return imported, imported.run

    return run_release(program, options, begin)
