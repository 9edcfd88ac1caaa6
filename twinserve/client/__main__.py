"""`python -m twinserve.client types URL`: print the types of a model's instances and answers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from twinserve.client import AskedWrongly, Client, ClientError, UnexpectedAnswer

FAILURE: Final = 1
USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Print; returns the exit code, after one sentence on standard error where it is not 0."""
    parser = argparse.ArgumentParser(prog="python -m twinserve.client", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    types = verbs.add_parser("types", help="print a Python module with TypedDicts of a model's input and answers")
    types.add_argument("url", help="the address of the service, such as http://127.0.0.1:8000")
    types.add_argument("--model", metavar="NAME", help="one of several models (default: the service's default model)")
    types.add_argument("--key-file", metavar="FILE", help="a file with an API key that may read; - is standard input")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(_types(options.url, options.model, options.key_file))
        return 0
    except AskedWrongly as error:
        return _fail(str(error), USAGE)
    except ClientError as error:
        return _fail(str(error), FAILURE)
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'standard output'}.", FAILURE)


def _types(url: str, model: str | None, key_file: str | None) -> str:
    from twinserve.client.schema import signature_of
    from twinserve.client.type_source import type_source

    key = None
    if key_file is not None:
        key = (sys.stdin.read() if key_file == "-" else Path(key_file).read_text()).strip()
    with Client(url, key=key, model=model) as client:
        signature, told = signature_of(json.dumps(client.schema()).encode()), client.model()
    try:
        return type_source(signature, told)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnexpectedAnswer("The service's /model is not one that this client can read.") from None


def _fail(sentence: str, code: int) -> int:
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in sentence)
    sys.stderr.write(f"twinserve.client: {shown}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
