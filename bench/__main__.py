"""`python -m bench`: measure servers side by side and write the results."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bench import environments, facts, plots, report, results, wrk
from bench.catalog import ENVIRONMENTS, MODELS, SUBJECTS
from bench.measuring import Plan, measure
from bench.prepared import BATCH
from bench.results import Load, Results
from bench.subjects import Subject
from bench.training import prepare

# ---- knobs: the defaults, each with its reason ----------------------------------------------------------------------
CONNECTIONS: Final = (1, 16, 64)  # A lone client, a busy worker, more than it can do.
SECONDS: Final = 3.0  # Long enough for some hundred answers of the slowest server.
ROUNDS: Final = 5  # The least that gives a median and a spread worth the name.
SERVER_CORE, LOAD_CORE = 0, 1  # One each, so that neither takes the other's time.
OUTPUT: Final = Path(__file__).parent
# ---------------------------------------------------------------------------------------------------------------------

FAILURE: Final = 1


def main() -> int:
    """Set up environments, measure, or write the report again; the exit code is 1 on failure."""
    options = _options().parse_args()
    try:
        if options.setup is not None:
            return _set_up(options.setup or ENVIRONMENTS)
        if options.write_only:
            _write(results.read(options.output / "results.json"), options.output)
            return 0
        _run(options)
    except (wrk.LoadFailed, environments.SetupFailed, OSError) as error:
        _say(f"bench: {error}")
        return FAILURE
    except KeyboardInterrupt:
        _say(
            "bench: interrupted; the rounds that were done are in results.json, `--write-only` makes the rest of them."
        )
        return FAILURE
    return 0


def _run(options: argparse.Namespace) -> None:
    subjects = [SUBJECTS[name] for name in options.servers]
    plan = _plan(options)
    measured = Results(_facts(plan, subjects, options.quick))
    options.output.mkdir(parents=True, exist_ok=True)
    _say(f"{len(subjects)} servers, {len(options.models)} models, {plan.rounds} rounds")
    for name in options.models:
        _say(f"{name}: fit, register")
        prepared = prepare(name)
        os.sched_setaffinity(0, {plan.load_core})  # Away from the server, now that the fitting is done.
        for _ in measure(plan, subjects, prepared, measured, _say):
            measured.write(options.output / "results.json")  # What an interruption leaves is whole rounds.
    _write(measured, options.output)


def _plan(options: argparse.Namespace) -> Plan:
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    seconds = options.seconds or (1.0 if options.quick else SECONDS)
    loads = [Load(number) for number in options.connections]
    batches = [Load(1, rows=BATCH)] if options.batch else []
    return Plan([*loads, *batches], rounds, seconds, options.server_core, options.load_core)


def _facts(plan: Plan, subjects: Sequence[Subject], quick: bool) -> dict[str, object]:  # noqa: FBT001  # Our own.
    settings = {"rounds": plan.rounds, "seconds": plan.seconds, "quick": quick}
    return dict(facts.collect(_shown(sys.argv[1:]), subjects, settings))


def _shown(arguments: Sequence[str]) -> Sequence[str]:
    """The command line without the output folder, which belongs to a machine."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith("--output"):
            kept.append(argument)
        skip = argument == "--output"
    return kept


def _write(measured: Results, output: Path) -> None:
    measured.write(output / "results.json")
    drawn = plots.draw(measured, output / "plots")
    (output / "RESULTS.md").write_text(report.render(measured, [path.relative_to(output) for path in drawn]))
    _say(f"written: RESULTS.md, results.json and {len(drawn)} plots")


def _set_up(names: Sequence[str]) -> int:
    failed = 0
    for name in names:
        try:
            environments.set_up(name)
            _say(f"{name}: ready")
        except environments.SetupFailed as error:
            _say(f"{name}: {error}")
            failed = FAILURE
    return failed


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure servers side by side, on one core each, and write RESULTS.md, results.json and plots.",
        epilog="Every figure is worth something as a ratio within one run only. Peers need `--setup` once.",
    )
    add = parser.add_argument
    add("--setup", nargs="*", metavar="PEER", choices=ENVIRONMENTS, help="make the environments of peers (all) and end")
    add(
        "--servers",
        nargs="+",
        metavar="NAME",
        choices=list(SUBJECTS),
        default=list(SUBJECTS),
        help=_list("servers", SUBJECTS),
    )
    add("--models", nargs="+", metavar="NAME", choices=MODELS, default=list(MODELS), help=_list("models", MODELS))
    add(
        "--connections",
        nargs="+",
        type=int,
        metavar="N",
        default=list(CONNECTIONS),
        help="loads of single rows (1 16 64)",
    )
    add("--no-batch", dest="batch", action="store_false", help=f"leave out the load of {BATCH:,} rows in one request")
    add("--rounds", type=int, metavar="N", help=f"rounds, each of which starts every server afresh ({ROUNDS})")
    add("--seconds", type=float, metavar="S", help=f"length of each load, in whole seconds ({SECONDS:g})")
    add(
        "--quick", action="store_true", help="one round of one second: does everything work? No figure is worth a thing"
    )
    add("--server-core", type=int, metavar="N", default=SERVER_CORE, help="the core of the servers (%(default)s)")
    add("--load-core", type=int, metavar="N", default=LOAD_CORE, help="the core of the load generator (%(default)s)")
    add("--output", type=Path, metavar="FOLDER", default=OUTPUT, help="where the results go (bench/)")
    add("--write-only", action="store_true", help="measure nothing; write RESULTS.md and the plots from results.json")
    return parser


def _list(what: str, names: Iterable[str]) -> str:
    return f"{what} to measure, all by default: {', '.join(names)}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # The program's own voice.


if __name__ == "__main__":
    sys.exit(main())
