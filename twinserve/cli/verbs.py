"""The verbs that look after the versions of a model: their options, and how they are run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twinserve.cli.command import FAILURE, Command, reporting
from twinserve.cli.options.shared import add_store, public_key, variable
from twinserve.cli.train_options import Knobs
from twinserve.cli.version_verbs import VERBS

if TYPE_CHECKING:
    from twinserve.cli.versions import VerbResult

ANY_WIDTH: Final = 10_000
"""More characters than a line of a terminal has."""


def command(verb: str, program: str) -> Command:
    """`twinserve list` and the others."""
    return on_versions(verb, program, Knobs())


def on_versions(name: str, program: str, knobs: Knobs) -> Command:
    """The command of a verb, with the defaults of a project."""
    verb = VERBS[name]
    parser = argparse.ArgumentParser(prog=program, description=verb.sentence.capitalize() + ".")
    parser.set_defaults(keep=1, seal_key=None, versions=[])
    if verb.most is None or verb.most > 0:
        parser.add_argument("versions", nargs=verb.least or "*", type=int, metavar="VERSION")
    if name == "prune":
        parser.add_argument("--keep", type=int, required=True, metavar="N", help="how many new versions to keep")
    add_store(parser, knobs.artifacts, knobs.recipe)
    if verb.opens:
        parser.add_argument(
            "--seal-key",
            metavar="FILE",
            type=public_key,
            default=variable("TWINSERVE_SEAL_KEY"),
            help="also check seals with this public key, as servers do (default: $TWINSERVE_SEAL_KEY)",
        )
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON document")

    def act(options: argparse.Namespace) -> int:
        if verb.most is not None and len(options.versions) > verb.most:
            parser.error(f"{name} takes one version at most")
        if options.keep < 1:
            parser.error("--keep must be at least 1: the newest version holds the number that the next one counts from")
        return _run(name, options, knobs.recipe)

    return Command(parser, act)


def _run(name: str, options: argparse.Namespace, default: str | None) -> int:
    from twinserve.cli.versions import Arguments, VerbResult, ask
    from twinserve.store.artifact import Trust
    from twinserve.store.models import models, no_models, only_model
    from twinserve.store.registry import Registry

    root = Path(options.artifacts)
    if name == "list" and options.name is None and not models(root):
        result = VerbResult([no_models(root)], [])
    else:
        registry = Registry(root, options.name or default or only_model(root))
        trust = Trust(options.trust_pickles, options.seal_key, options.max_artifact)
        given = Arguments(tuple(options.versions), options.keep, trust, named=options.name is not None)
        result = ask(name, registry, given)
    with reporting(f"{name} was done nevertheless"):
        if options.json:
            print(json.dumps(result.values))  # noqa: T201  # What the verb was asked for.
        else:
            _print(result)
    return 0 if result.done else FAILURE


def _print(result: VerbResult) -> None:
    """A table on a terminal that is wide enough, lines for a program."""
    lines = result.lines
    if result.table and sys.stdout.isatty():
        from rich.console import Console

        from twinserve.cli.tables import table

        heads, *rows = result.table
        console, shown = Console(highlight=False, emoji=False), table(heads, rows)
        wide = console.measure(shown, options=console.options.update(max_width=ANY_WIDTH)).maximum
        if wide <= console.width:
            console.print(shown)
            lines = lines[len(rows) :]
    if lines:
        print("\n".join(lines))  # noqa: T201  # As above.
