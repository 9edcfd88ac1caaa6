"""`twinserve keys`: create, list and revoke API keys; make keys that sign tokens or seal models."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from twinserve.cli.command import Command, reporting
from twinserve.cli.options.shared import file
from twinserve.errors import AskedWrongly
from twinserve.service.auth import keys, signing
from twinserve.service.auth.reloading_file import read_regular
from twinserve.service.http.routes import SCOPES
from twinserve.service.settings import BadSetting, read_settings
from twinserve.store import seal

MOST_DAYS: Final = 36_500


class Refused(AskedWrongly):
    """The command cannot do this; the text is one sentence."""


def command(_verb: str, program: str) -> Command:
    """`twinserve keys`."""
    return Command(_parser(program), _run)


def _run(options: argparse.Namespace) -> int:
    try:
        options.run(options)
    except BadSetting as error:
        raise Refused(str(error)) from None
    except ValidationError as error:
        raise Refused(_first_mistake(error)) from None
    except OSError as error:
        raise Refused(f"{error.filename or 'The file'}: {error.strerror}.") from None
    return 0


def _first_mistake(error: ValidationError) -> str:
    """The first error's place and sentence, and how many more there are."""
    first, more = error.errors()[0], error.error_count() - 1
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}{f' (and {more} more)' if more else ''}."


def create(options: argparse.Namespace) -> None:
    """Add a caller; its key is shown once and stored nowhere."""
    path = options.file or _setting("keys")
    now = datetime.now(UTC).replace(microsecond=0)
    key, digest = keys.new_key(options.name)
    entry = keys.Entry(
        name=options.name,
        digest=digest,
        scopes=tuple(options.scopes.split(",")),
        models=tuple(options.models.split(",")) if options.models else None,
        created=now,
        expires=now + timedelta(days=options.days) if options.days else None,
    )
    with keys.changing(path):
        held = keys.read(path).keys
        if any(other.name == entry.name for other in held):
            raise Refused(f"There is a key named {entry.name!r} already; revoke it first or choose another name.")
        _write(path, (*held, entry))
    with reporting(f"the key was made and is shown nowhere: revoke {options.name} and create it again"):
        _say(key)
    _hint("Shown once. Send it as X-API-Key, or as the client_secret of this client_id under TWINSERVE_AUTH=oauth.")


def revoke(options: argparse.Namespace) -> None:
    """Remove a caller."""
    path = options.file or _setting("keys")
    with keys.changing(path):
        held = keys.read(path).keys
        rest = tuple(entry for entry in held if entry.name != options.name)
        if len(rest) == len(held):
            raise Refused(f"There is no key named {options.name!r}.")
        _write(path, rest)
    _hint(f"Revoked {options.name}; every server that reads this file rejects the key within two seconds.")


def show(options: argparse.Namespace) -> None:
    """List the callers: name, scopes, from when until when the key is valid, and for which models alone."""
    entries = keys.read(options.file or _setting("keys")).keys
    with reporting("nothing was changed"):
        for entry in entries:
            ends = f"until {entry.expires:%Y-%m-%d %H:%M}" if entry.expires else "for ever"
            bound = f" for {','.join(entry.models)}" if entry.models else ""
            _say(f"{entry.name:<24} {','.join(entry.scopes):<20} since {entry.created:%Y-%m-%d %H:%M} {ends}{bound}")


def signing_key(options: argparse.Namespace) -> None:
    """Make a new key that signs tokens; tokens of the previous key stay valid."""
    path = options.file or _setting("signing_key")
    with keys.changing(path):
        keys.replace(path, signing.renewed(read_regular(path) if path.exists() else b""))
    _hint(f"{path} signs from now on.")


def seal_key(options: argparse.Namespace) -> None:
    """Make a pair of keys for sealing models; raises `Refused` if the file exists."""
    path: Path = options.file or Path("seal.key")
    if path.exists():
        raise Refused(f"{path} already exists, and models may be sealed with it.")
    private, public = seal.new_keys()
    keys.replace(path, private)
    keys.replace(path.with_name(path.name + ".pub"), public)
    _hint(f"Train with --seal-key {path}, serve with TWINSERVE_SEAL_KEY={path}.pub.")


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program, description="Create, list and revoke API keys; make keys that sign tokens or seal models."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--file", type=file, help="The file; by default the one that the settings name.")
        added.set_defaults(run=run)
        return added

    made = command("create", create, "Make a key for a caller and show it once.")
    made.add_argument("name", help="The caller: lower-case letters, digits, - and _.")
    made.add_argument("--scopes", default="predict,read", help=f"Comma-separated, from: {', '.join(SCOPES)}.")
    made.add_argument("--models", help="Comma-separated: the models that it may ask for (default: all).")
    made.add_argument("--days", type=_days, help="Days until it expires (default: never).")
    command("list", show, "List the keys, without secrets.")
    command("revoke", revoke, "Revoke a key.").add_argument("name")
    command("signing-key", signing_key, "Make the key that signs tokens, or renew it.")
    command("seal-key", seal_key, "Make a pair of keys for sealing models.")
    return parser


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"not a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _setting(name: str) -> Path:
    path: Path | None = getattr(read_settings(), name)
    if path is None:
        raise Refused(
            f"Say where the file is: --file FILE, or TWINSERVE_{name.upper()}=FILE, which the servers read, too."
        )
    return path


def _write(path: Path, entries: tuple[keys.Entry, ...]) -> None:
    keys.replace(path, keys.KeyFile(keys=entries).model_dump_json(indent=1).encode() + b"\n")


def _say(text: str) -> None:
    print(text)  # noqa: T201  # A command-line program prints.


def _hint(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  # As above.
