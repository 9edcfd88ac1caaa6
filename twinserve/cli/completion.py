"""`twinserve completion`: a script by which a shell completes verbs and options."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from twinserve.cli.command import Command, reporting
from twinserve.errors import AskedWrongly

SHELLS: Final = ("bash", "zsh", "tcsh")
EPILOG: Final = """\
For bash, then open a new shell:
  mkdir -p ~/.local/share/bash-completion/completions
  twinserve completion bash > ~/.local/share/bash-completion/completions/twinserve
For zsh, into a folder of $fpath:
  twinserve completion zsh > _twinserve"""


class NoShtab(AskedWrongly):
    """The library that writes the scripts is not installed."""


def command(_verb: str, program: str) -> Command:
    """`twinserve completion`."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Print a script that completes this command in a shell.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,  # A command that is broken into lines cannot be copied.
    )
    parser.add_argument("shell", choices=SHELLS)
    return Command(parser, _print)


def _print(options: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        raise NoShtab("Completion needs shtab: pip install 'twinserve[train]'.") from None
    with reporting("nothing was changed"):
        sys.stdout.write(shtab.complete(every_parser(), options.shell))
    return 0


def every_parser() -> argparse.ArgumentParser:
    """One parser with every verb, for the completion."""
    from twinserve.cli.main import entries, open_command, top_parser

    parser = top_parser()
    verbs = parser.add_subparsers()
    for verb, entry in entries().items():
        whole = open_command(verb).parser
        verbs.add_parser(verb, parents=[whole], add_help=False, help=entry.sentence, description=whole.description)
    return parser
