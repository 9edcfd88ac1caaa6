"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values

from twinserve import bounds
from twinserve.metric import METRICS, pinball_quantile
from twinserve.tables.formats import FORMS, Reading, stem

if TYPE_CHECKING:
    from twinserve.recipes import Decision

LIST: Final = "list"
"""`--estimator list` lists the names."""
POLICIES: Final = ("warn", "reject")


def add_store(group: argparse._ActionsContainer, artifacts: str, name: str | None = None) -> None:
    """`--name`, `--artifacts`, and what is needed to open a version. `name`: the default, for the help."""
    group.add_argument(
        "--name",
        type=not_empty,
        default=variable("TWINSERVE_MODEL"),
        help=f"the model's name in the store (default: $TWINSERVE_MODEL, else {name or 'the only model of the store'})",
    )
    group.add_argument(
        "--artifacts",
        type=not_empty,
        default=variable("TWINSERVE_ARTIFACTS") or artifacts,
        help="the folder of the store, which holds all models (default: $TWINSERVE_ARTIFACTS, else %(default)s)",
    )
    group.add_argument(
        "--trust-pickles",
        action="store_true",
        default=(variable("TWINSERVE_TRUST_PICKLES") or "").lower() in ("true", "1", "yes", "on", "t", "y"),
        help="open versions stored as a pickle; only those you made yourself (default: $TWINSERVE_TRUST_PICKLES)",
    )
    group.add_argument(
        "--max-artifact",
        type=size,
        metavar="BYTES",
        default=variable("TWINSERVE_MAX_ARTIFACT") or str(bounds.ARTIFACT),
        help="the largest version that is opened (default: $TWINSERVE_MAX_ARTIFACT, else a gigabyte)",
    )


def add_format(group: argparse._ActionsContainer, *, database: bool = True) -> None:
    """How the cells of a file are read: `--format`, `--header`, `--null-values`, `--sheet`, `--query`."""
    group.add_argument("--format", choices=FORMS, help="overrides the file extension")
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="the first line of a CSV file does, or does not, name the columns (default: its cells decide)",
    )
    group.add_argument(
        "--null-values",
        type=words,
        default=(),
        metavar="NA,null",
        help="texts that are null in every column; without it they are only where a column holds numbers or dates",
    )
    group.add_argument(
        "--sheet", type=not_empty, metavar="NAME", help="the sheet of an Excel file (default: the first)"
    )
    purpose = "the rows of a database, whose URL --data is" if database else argparse.SUPPRESS
    group.add_argument("--query", type=not_empty, metavar="SQL", help=purpose)


def reading_of(options: argparse.Namespace) -> Reading:
    """How a file is read, by these options."""
    given = vars(options)
    null_values, query, sheet = given.get("null_values", ()), given.get("query"), given.get("sheet")
    return Reading(given.get("format"), given.get("header"), null_values, query, sheet)


def words(text: str) -> tuple[str, ...]:
    """Texts with commas between them."""
    return tuple(word.strip() for word in not_empty(text).split(",") if word.strip())


def add_reading(group: argparse._ActionsContainer, *, database: bool = True) -> None:
    """How a table to learn from is read: `--format`, `--task`, `--keep-leaks`."""
    add_format(group, database=database)
    group.add_argument("--task", choices=("classification", "regression"), help="(default: guessed from the target)")
    group.add_argument("--keep-leaks", action="store_true", help="keep columns that repeat the target")


class _Metrics(list[str]):
    """The metrics by name, and `pinball_Q` of any quantile, which is not listed."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or pinball_quantile(str(name)) is not None


def add_metric(group: argparse._ActionsContainer, purpose: str) -> None:
    """`--metric`."""
    group.add_argument(
        "--metric", choices=_Metrics(METRICS), help=f"{purpose}; pinball_0.9 is the pinball loss of that quantile"
    )


def add_estimator(group: argparse._ActionsContainer) -> None:
    """`--estimator`."""
    group.add_argument(
        "--estimator",
        action="append",
        type=not_empty,
        metavar="CLASS",
        help="a candidate by its class name, of scikit-learn, XGBoost or LightGBM, instead of the usual ones; default "
        "is those; may be repeated; list lists the names",
    )


def add_decision(group: argparse._ActionsContainer) -> None:
    """`--threshold`, `--costs` and `--positive`."""
    group.add_argument(
        "--threshold",
        type=probability,
        metavar="P",
        help="with two classes: the label is the positive one where its probability is at least P",
    )
    group.add_argument(
        "--costs", metavar="FN=A,FP=B", help="choose the threshold that costs least: A a miss, B a false alarm"
    )
    group.add_argument(
        "--positive",
        metavar="CLASS",
        help="the positive class, of average_precision as well (default: the second in alphabetical order)",
    )


def chosen_decision(options: argparse.Namespace) -> Decision:
    """How labels are decided; raises `AskedWrongly`."""
    from twinserve.recipes import Costs, Decision

    given = vars(options)
    costs = given.get("costs")
    return Decision(given.get("positive"), given.get("threshold"), None if costs is None else Costs.parse(costs))


def chosen_estimators(options: argparse.Namespace) -> tuple[str, ...]:
    """The class names that `--estimator` gives."""
    given = vars(options).get("estimator") or ()
    return tuple(name.strip() for text in given for name in text.split(","))


def add_policy(group: argparse._ActionsContainer) -> None:
    """`--out-of-range`."""
    group.add_argument(
        "--out-of-range",
        choices=POLICIES,
        default=variable("TWINSERVE_OUT_OF_RANGE") or POLICIES[0],
        help="the servers' policy for unseen values; under warn no encoder may raise on an unknown category "
        f"(default: $TWINSERVE_OUT_OF_RANGE, else {POLICIES[0]})",
    )


def require_policy(parser: argparse.ArgumentParser, policy: str) -> None:
    """Exit with code 2 for an unknown policy: argparse does not check a default."""
    if policy not in POLICIES:
        parser.error(f"TWINSERVE_OUT_OF_RANGE is one of: {', '.join(POLICIES)}")


def variable(name: str) -> str | None:
    """A variable from the environment or else from `.env`, as the servers read it; None if it is empty."""
    return os.environ.get(name) or dotenv_values(".env").get(name) or None


def model_name(location: str) -> str:
    """A model's name from a file's: `Loans 2024.csv` gives `loans-2024`; standard input gives none."""
    from twinserve.store.models import name_from

    return name_from(stem(location))


def sealing_key(path: str) -> bytes:
    """The bytes of a private key, checked before a long training."""
    from twinserve.store import seal

    try:
        return seal.read_private_key(Path(path))
    except seal.BadKey as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def public_key(path: str) -> bytes:
    """The bytes of a public key."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read ({error.strerror})") from None


def not_empty(text: str) -> str:
    """The text, if it is not empty: an unset shell variable must not mean the default or the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def file(text: str) -> Path:
    """The path of a file."""
    return Path(not_empty(text))


def positive(text: str) -> float:
    """A number from 0."""
    number = _number(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("not a number from 0")
    return number


def probability(text: str) -> float:
    """A number from 0 to 1."""
    number = _number(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("not a probability from 0 to 1, such as 0.2")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def size(text: str) -> int:
    """A number of bytes, at least 1."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError("not a whole number from 1")
    return int(text)


def seed(text: str) -> int:
    """A seed of a random number generator."""
    if not (text.isascii() and text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError("a seed is a whole number from 0 to 4294967295")
    return int(text)
