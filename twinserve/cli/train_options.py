"""The command line of `train.py`."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from twinserve import bounds
from twinserve.metric import METRICS

VERBS: Final = ("list", "show", "diff", "promote", "rollback", "verify", "prune")
OPENING: Final = ("diff", "promote", "rollback", "verify")
"""The verbs that open versions, as a server does."""
POLICIES: Final = ("warn", "reject")


@dataclass(frozen=True)
class Knobs:
    """The defaults; `train.py` sets them, with the reasons."""

    recipe: str
    seed: int
    artifacts: str
    tolerance: float
    budget: float


def training(knobs: Knobs) -> argparse.Namespace:
    """The options of a training; exits with code 2 where they contradict each other."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a model, prove the compiled one equal to it, and promote it if it passes the gate.",
        usage="train.py [options]\n       train.py {" + ",".join(VERBS) + "} ... (train.py list --help)",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or nothing to learn from, 3 held back by the gate. "
        "A failed training changes nothing.",
    )
    _data(parser.add_argument_group("data and recipe"), knobs)
    _training(parser.add_argument_group("training"), knobs)
    _output(parser.add_argument_group("output"), knobs)
    _gate(parser.add_argument_group("promotion: the gate decides whether the new version is promoted"), knobs)
    options = parser.parse_args()
    if options.data is not None and options.target is None:
        parser.error("--data needs --target, the column to predict")
    if options.data is not None and options.recipe is not None:
        parser.error("--data and --recipe exclude each other; give one")
    if options.data is not None and options.name is None:
        options.name = _model_name(options.data) or parser.error(f"--data {options.data} gives no name; give --name")
    if options.out_of_range not in POLICIES:  # A default is not checked by argparse.
        parser.error(f"TWINSERVE_OUT_OF_RANGE is one of: {', '.join(POLICIES)}")
    if options.data is None and (options.target or options.task or options.metric or options.format):
        parser.error("--target, --task, --metric and --format belong to --data")
    return options


def _data(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    group.add_argument(
        "--recipe",
        type=_not_empty,
        help=f"a recipe of this project by name, or any recipe as package.module:name (default: {knobs.recipe})",
    )
    group.add_argument("--data", metavar="FILE", help="a table to train on; - reads standard input")
    group.add_argument("--target", metavar="COLUMN", help="the column of the table to predict")
    group.add_argument(
        "--format",
        choices=("csv", "parquet", "jsonl"),
        help="overrides the file extension",
    )
    group.add_argument("--task", choices=("classification", "regression"), help="(default: guessed from the target)")
    group.add_argument("--keep-leaks", action="store_true", help="keep columns that repeat the target")


def _training(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    group.add_argument(
        "--metric",
        choices=list(METRICS),
        help="the metric that chooses the best candidate, with --data (default: log_loss or rmse)",
    )
    group.add_argument("--search", action="store_true", help="search the candidates' hyper-parameters")
    group.add_argument(
        "--budget",
        type=_positive,
        default=knobs.budget,
        metavar="SECONDS",
        help="for --search (default: %(default)s)",
    )
    group.add_argument(
        "--out-of-range",
        choices=POLICIES,
        default=_variable("TWINSERVE_OUT_OF_RANGE") or POLICIES[0],
        help="the servers' policy for unseen values; under warn no encoder may raise on an unknown category "
        f"(default: $TWINSERVE_OUT_OF_RANGE, else {POLICIES[0]})",
    )
    group.add_argument("--seed", type=_seed, default=knobs.seed, help="the random seed (default: %(default)s)")


def _output(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    _store(group, knobs)
    group.add_argument("--seal-key", metavar="FILE", type=_sealing_key, help="seal the version with this private key")
    group.add_argument("--json", action="store_true", help="print the report as one JSON document")


def _store(group: argparse._ActionsContainer, knobs: Knobs) -> None:
    group.add_argument(
        "--name",
        type=_not_empty,
        default=_variable("TWINSERVE_MODEL"),
        help="the model's name in the store (default: $TWINSERVE_MODEL, else the recipe's or the file's name)",
    )
    group.add_argument(
        "--artifacts",
        type=_not_empty,
        default=_variable("TWINSERVE_ARTIFACTS") or knobs.artifacts,
        help="the folder of the store, which holds all models (default: $TWINSERVE_ARTIFACTS, else %(default)s)",
    )
    group.add_argument(
        "--trust-pickles",
        action="store_true",
        help="open versions stored as a pickle; only those you made yourself",
    )
    group.add_argument(
        "--max-artifact",
        type=_bytes,
        metavar="BYTES",
        default=_variable("TWINSERVE_MAX_ARTIFACT") or str(bounds.ARTIFACT),
        help="the largest version that is opened (default: $TWINSERVE_MAX_ARTIFACT, else a gigabyte)",
    )


def _gate(group: argparse._ArgumentGroup, knobs: Knobs) -> None:
    group.add_argument(
        "--no-promote", dest="promote", action="store_false", help="register the version without promoting it"
    )
    group.add_argument(
        "--tolerance",
        type=_positive,
        default=knobs.tolerance,
        help="how much worse than the champion, in units of the metric, still counts as not worse (%(default)s)",
    )
    group.add_argument("--allow-breaking", action="store_true", help="promote even if callers of the champion break")
    group.add_argument(
        "--allow-fallback",
        action="store_true",
        help="promote even if the model could not be compiled, so that scikit-learn serves it",
    )


def verb(knobs: Knobs) -> argparse.Namespace:
    """The arguments of a verb; exits with code 2 where they are wrong."""
    from twinserve.cli.verbs import VERBS as SENTENCES

    name = sys.argv[1]
    _, least, most, sentence = SENTENCES[name]
    parser = argparse.ArgumentParser(prog=f"train.py {name}", description=sentence.capitalize() + ".")
    parser.set_defaults(verb=name, versions=[], keep=1, seal_key=None)
    if most is None or most > 0:
        parser.add_argument("versions", nargs="*", type=int, metavar="VERSION")
    if name == "prune":
        parser.add_argument(
            "--keep", type=int, required=True, metavar="N", help="how many of the newest versions to keep"
        )
    _store(parser, knobs)
    if name in OPENING:
        parser.add_argument(
            "--seal-key",
            metavar="FILE",
            type=_public_key,
            default=_variable("TWINSERVE_SEAL_KEY"),
            help="also check seals with this public key, as servers do (default: $TWINSERVE_SEAL_KEY)",
        )
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON document")
    options = parser.parse_args(sys.argv[2:])
    if len(options.versions) < least or (most is not None and len(options.versions) > most):
        parser.error(f"{name} takes {least if least == most else f'{least} to {most}'} version(s)")
    if options.keep < 1:
        parser.error("--keep must be at least 1: the next version is numbered after the newest one")
    return options


def _sealing_key(path: str) -> bytes:
    """The key's bytes, checked before a long training."""
    from twinserve.store import seal

    try:
        key = Path(path).read_bytes()
        seal.make(b"", key)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot be read ({error.strerror})") from None
    except ImportError:
        raise argparse.ArgumentTypeError("sealing needs cryptography: pip install 'twinserve[seal]'") from None
    except seal.BadKey as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return key


def _public_key(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read ({error.strerror})") from None


def _model_name(location: str) -> str:
    """A model's name from a file's: `Loans 2024.csv` gives `loans-2024`; standard input gives none."""
    return re.sub(r"[^a-z0-9_]+", "-", Path(location).stem.lower()).strip("-_")[:64]


def _variable(name: str) -> str | None:
    """A variable from the environment or else from `.env`, as the servers read it; None if it is empty."""
    return os.environ.get(name) or dotenv_values(".env").get(name) or None


def _not_empty(text: str) -> str:
    """The text, if it is not empty: an unset shell variable must not mean the default or the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _positive(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("must be a number of at least 0")
    return number


def _bytes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 4294967295")
    return int(text)
