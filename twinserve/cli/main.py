"""The command `twinserve`: finds the verb, and imports only what that verb needs."""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from twinserve import __version__
from twinserve.cli import version_verbs
from twinserve.cli.command import USAGE, Command, fail, guarded, prepare_streams, reporting


@dataclass(frozen=True)
class Entry:
    """A verb: its sentence, and the module whose function `command(verb, program)` makes it."""

    sentence: str
    module: str


VERBS: Final[Mapping[str, Mapping[str, Entry]]] = {
    "make a model": {
        "new": Entry("make a project from a table: recipe, apps, tests, Dockerfile", "twinserve.cli.new"),
        "train": Entry("train, prove, register and promote a model", "twinserve.cli.train_command"),
        "import": Entry("make a version from a saved model: skops, joblib, pickle, MLflow", "twinserve.cli.imports"),
        "recipe": Entry("print what training decides about a table as a recipe to edit", "twinserve.cli.recipe"),
    },
    "look after its versions": {
        name: Entry(verb.sentence, "twinserve.cli.verbs") for name, verb in version_verbs.VERBS.items()
    },
    "use it": {
        "score": Entry("answer every row of a table: files, folders, databases", "twinserve.cli.score"),
    },
    "serve it": {
        "serve": Entry("serve the champion: both doors, or `serve flask`, or `serve fastapi`", "twinserve.cli.serve"),
        "keys": Entry("create, list and revoke API keys; make keys that sign or seal", "twinserve.cli.keys"),
        "completion": Entry(
            "print a script that completes this command in bash, zsh or tcsh", "twinserve.cli.completion"
        ),
    },
}
EPILOG: Final = (
    "twinserve VERB --help describes a verb. Exit codes: 0 done, 1 failed, 2 wrong usage or nothing to learn from, "
    "3 registered but not promoted, 4 scored, and some rows have errors."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that the arguments begin with; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in entries():
        return open_command(words[0]).main(words[1:])
    prepare_streams()
    return guarded("twinserve", lambda: _without_verb(words))


def _without_verb(words: Sequence[str]) -> int:
    parser = top_parser()
    options, rest = parser.parse_known_args(words)
    if options.version or not rest:
        with reporting("nothing was changed"):
            sys.stdout.write(f"twinserve {__version__}\n" if options.version else parser.format_help())
        return 0 if options.version else USAGE
    close = difflib.get_close_matches(rest[0], entries(), 1)
    return fail(
        "twinserve",
        f"{rest[0]!r} is no verb{f'; did you mean {close[0]}?' if close else '; see twinserve --help.'}",
        USAGE,
    )


def entries() -> Mapping[str, Entry]:
    """Every verb by its name, in the order of `--help`."""
    return {name: entry for group in VERBS.values() for name, entry in group.items()}


def open_command(verb: str) -> Command:
    """The command behind a verb; imports its module."""
    command: Command = importlib.import_module(entries()[verb].module).command(verb, f"twinserve {verb}")
    return command


def top_parser() -> argparse.ArgumentParser:
    """The parser of what stands before a verb; its help lists the verbs."""
    parser = argparse.ArgumentParser(
        prog="twinserve",
        usage="twinserve [--version] VERB ...",
        description="\n\n".join(["Train a scikit-learn model, prove it, and serve it.", *map(_group, VERBS)]),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    return parser


def _group(title: str) -> str:
    return "\n".join([f"{title}:", *(f"  {name:<11} {entry.sentence}" for name, entry in VERBS[title].items())])


if __name__ == "__main__":
    sys.exit(main())
