"""The verbs that look after the versions of a model: their options, and how they are run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from twinserve.cli.command import FAILURE, Command, reporting
from twinserve.cli.options import add_store, public_key, variable
from twinserve.cli.train_options import Knobs
from twinserve.cli.version_verbs import VERBS


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
    from twinserve.cli.versions import Arguments, ask
    from twinserve.store.artifact import Trust
    from twinserve.store.models import only_model
    from twinserve.store.registry import Registry

    root = Path(options.artifacts)
    registry = Registry(root, options.name or default or only_model(root))
    trust = Trust(options.trust_pickles, options.seal_key, options.max_artifact)
    result = ask(
        name, registry, Arguments(tuple(options.versions), options.keep, trust, named=options.name is not None)
    )
    text = json.dumps(result.values) if options.json else "\n".join(result.lines)
    with reporting(f"{name} was done nevertheless"):
        print(text)  # noqa: T201  # What the verb was asked for.
    return 0 if result.done else FAILURE
