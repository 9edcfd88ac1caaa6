"""The settings as options of a server program."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Literal, get_args, get_origin

from twinserve.service.process.streams import open_closed
from twinserve.service.settings import BadSetting, Settings, read_settings
from twinserve.service.settings_together import PREFIX


def from_command_line(program: str, summary: str, arguments: Sequence[str] | None = None) -> Settings:
    """The settings of a server program; `--help` lists each with its description and its variable.

    Each option is stored in its environment variable, so that every worker process reads the same settings.
    """
    open_closed()
    parser = argparse.ArgumentParser(prog=program, description=summary)
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f", default {field.default}"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=f"{{{','.join(words)}}}" if (words := allowed(name)) else "VALUE",
            default=argparse.SUPPRESS,
            help=f"{field.description} ({PREFIX}{name.upper()}{default})",
        )
    for name, value in vars(parser.parse_args(arguments)).items():
        os.environ[PREFIX + name.upper()] = value
    try:
        return read_settings()
    except BadSetting as error:
        parser.exit(2, f"{program}: {error}\n")


def allowed(name: str) -> tuple[str, ...]:
    """The allowed values of a setting whose type is a `Literal`; empty for any other setting."""
    kinds = (Settings.model_fields[name].annotation, *get_args(Settings.model_fields[name].annotation))
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())
