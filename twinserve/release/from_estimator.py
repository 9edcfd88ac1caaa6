"""Register a model that was fitted elsewhere as a version:

from twinserve import package

version = package(estimator, X, y, name="loans")
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from twinserve.arrays import BoolArray
from twinserve.errors import CannotPackage
from twinserve.metric import Metric
from twinserve.recipes.column_choices import LEFT_OUT
from twinserve.recipes.recipe import IS_TARGET
from twinserve.recipes.split import BY_CLASS, Split
from twinserve.release.build import Lineage
from twinserve.release.fitted_elsewhere.given_rows import GivenRows, described
from twinserve.release.fitted_elsewhere.packaging import Packaging, register_estimator
from twinserve.release.git_commit import git_commit
from twinserve.signature.signature import OutOfRange
from twinserve.store.registry import Registry


def package(
    estimator: Any,
    X: Any,  # noqa: N803  # As scikit-learn calls it.
    y: Any = None,
    *,
    name: str,
    targets: Sequence[str] | None = None,
    input: type[BaseModel] | None = None,  # noqa: A002  # The word that a recipe uses.
    artifacts: str | Path = "artifacts",
    metric: str | Metric | None = None,
    intended_use: str = "Not stated.",
    seed: int = 0,
    out_of_range: OutOfRange = "warn",
    split: Split = BY_CLASS,
    holdout: Any = None,
    weight: Any = None,
    positive: str | None = None,
) -> int:
    """Prove and register a fitted estimator; gives the number of its version, which is not promoted.

    `X` is the table it predicts from: a DataFrame whose dotted column names make the nesting, or an array with `input`,
    a Pydantic class of as many leaves. The model is evaluated on the rows that `held_out` names
    for the same `split`, or on those of the mask `holdout`: fit it on the others.
    `y` has a column for each of several targets, which `targets` names where it is no DataFrame. Of an anomaly detector
    it says inlier (1) or outlier (-1), or is None: then nothing is known of the rows.
    With None for `X` and `y` it is proved on made rows, and nothing is measured; then `input` describes its columns, or
    else what the estimator knows of them does. `out_of_range` is the policy of the servers: under `warn` no encoder may
    raise on an unknown category. The manifest names the git commit of the current folder.
    `weight` weighs each row, from 0, in every metric and at the gate; a Series names its column. `positive` is the
    class of two that average precision is about.
    Where a version has the same result, no other is made, and that one's number is given.
    Raises `Disagreement` with every field in which `input` and `X` differ, `CannotTrain` and `CannotPackage`.
    """
    if X is None and y is not None:
        raise CannotPackage("X and y belong together: give both, or None for both.")
    if X is None and (weight is not None or positive is not None):
        raise CannotPackage("weight and positive belong to rows, as metrics do: give X and y.")
    named = None if targets is None else tuple(targets)
    others, weights = _others(y, weight), _weights(weight)
    packaged = register_estimator(
        estimator,
        None
        if X is None
        else GivenRows(X, y, split=split, holdout=holdout, targets=named, weights=weights, others=others),
        Registry(Path(artifacts), name),
        Packaging(
            input=input,
            metric=metric,
            positive=positive,
            intended_use=intended_use,
            out_of_range=out_of_range,
            lineage=Lineage(seed, git_commit(Path.cwd())),
            targets=named,
        ),
    )
    for note in packaged.data.notes:
        warnings.warn(f"{note.column}: {note.sentence}.", stacklevel=2)
    return packaged.registered.version


def _weights(weight: Any) -> pd.Series[Any] | None:
    if weight is None or isinstance(weight, pd.Series):
        return weight
    return pd.Series(np.asarray(weight))


def _others(target: Any, weight: Any) -> dict[str, str]:
    """The columns of target and weight, where they have names: a row of the table has them, too."""
    found = getattr(target, "columns", [getattr(target, "name", None)])
    named = (*((name, IS_TARGET) for name in found), (getattr(weight, "name", None), LEFT_OUT["weight"]))
    return {name: why for name, why in named if isinstance(name, str)}


def held_out(
    X: Any,  # noqa: N803  # As above.
    y: Any,
    *,
    input: type[BaseModel] | None = None,  # noqa: A002  # As above.
    split: Split = BY_CLASS,
) -> BoolArray:
    """The rows, `[n]`, on which a model will be evaluated: fit yours on the others.

    Each class of `y` gives a fifth of its rows. With a `split` by a column that is no feature, give it with `X` here,
    and give the mask to `package`."""
    return GivenRows(X, y, split=split).held_out(described(X, input)[0])
