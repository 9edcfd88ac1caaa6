"""What a fitted estimator knows of the columns it was fitted on: names, categories, ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.pipeline import Pipeline

from twinserve.errors import CannotPackage
from twinserve.proof.find_trees import find_trees
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.left_out import column_paths
from twinserve.signature.signature import Seen

SPREAD: Final = 3.0
"""Standard deviations from the mean to each end of a range."""
Range = tuple[float, float]


@dataclass(frozen=True)
class KnownColumn:
    """What one column held when the estimator was fitted."""

    categories: tuple[Any, ...] = ()
    """The values that an encoder learned, without null."""
    range: Range | None = None
    """Where a scaler or a tree saw numbers; about, and maybe of other columns if the estimator is a tree alone."""

    @property
    def is_textual(self) -> bool:
        """Whether an encoder learned texts."""
        return bool(self.categories) and all(isinstance(value, str) for value in self.categories)


Known = Mapping[str, KnownColumn]
NOTHING: Final = KnownColumn()


def column_names(estimator: Any) -> tuple[str, ...] | None:
    """The names that it was fitted on; `x0`, `x1`, ... as scikit-learn calls columns of an array; None if unknown."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return tuple(str(name) for name in names)
    width = getattr(estimator, "n_features_in_", None)
    return None if width is None else tuple(f"x{place}" for place in range(int(width)))


def known_columns(estimator: Any, names: Sequence[str]) -> Known:
    """What its first steps learned of each of its columns, by name."""
    learned: dict[str, KnownColumn] = {}
    for name, column in _learned(estimator, names):
        learned.setdefault(name, column)
    return learned


def signature_of(estimator: Any) -> Signature:
    """The columns that an estimator knows, as numbers where it learned no texts; raises `CannotPackage`."""
    names = column_names(estimator)
    if not names:
        raise CannotPackage(
            f"{type(estimator).__name__} does not know its columns; give rows with their target, or a Pydantic class "
            "as the input."
        )
    paths = column_paths(names).values()
    signature = Signature(features=tuple(Feature(path=path, type=FeatureType.NUMBER) for path in paths))
    signature.tree()
    known = known_columns(estimator, names)
    textual = {name: FeatureType.CATEGORY for name in names if known.get(name, NOTHING).is_textual}
    return _with_types(signature, textual)


def refined(signature: Signature, known: Known) -> Signature:
    """A declared signature in which a text is a category where the estimator learned categories of it."""
    textual = {
        feature.name: FeatureType.CATEGORY
        for feature in signature.features
        if feature.type is FeatureType.STRING and known.get(feature.name, NOTHING).is_textual
    }
    return _with_types(signature, textual)


def seen(signature: Signature, known: Known) -> Signature:
    """The signature with the categories that the estimator saw, in place of what rows would show."""
    return signature.observed([_seen(feature, known.get(feature.name, NOTHING)) for feature in signature.features])


def _seen(feature: Feature, column: KnownColumn) -> Seen:
    if feature.type is not FeatureType.CATEGORY:
        return Seen()
    declared = tuple(str(value) for value in feature.constraints.enumeration or ())
    return Seen(categories=tuple(sorted(column.categories)) if column.is_textual else declared)


def _with_types(signature: Signature, types: Mapping[str, FeatureType]) -> Signature:
    features = (
        feature.model_copy(update={"type": types.get(feature.name, feature.type)}) for feature in signature.features
    )
    return signature.model_copy(update={"features": tuple(features)})


def _learned(part: Any, names: Sequence[str]) -> Iterator[tuple[str, KnownColumn]]:
    """What each part learned of which column, the first that sees it first."""
    if isinstance(part, Pipeline):
        for _, step in part.steps:
            yield from _learned(step, names)
            if not _keeps_columns(step):
                return
    elif hasattr(part, "transformers_"):
        for _, inner, chosen in part.transformers_:
            yield from _learned(inner, _chosen(chosen, names))
    elif (inner := _wrapped(part)) is not None:
        yield from _learned(inner, names)
    elif len(getattr(part, "categories_", ())) == len(names):
        yield from zip(names, (KnownColumn(_values(values)) for values in part.categories_), strict=True)
    else:
        yield from ((name, KnownColumn(range=ends)) for name, ends in _ranges(part, names) if np.isfinite(ends).all())


def _wrapped(part: Any) -> Any:
    """The fitted estimator that gets the columns of a search, of a calibration or of a transformed target."""
    for calibrated in getattr(part, "calibrated_classifiers_", ()):
        return calibrated.estimator
    return getattr(part, "best_estimator_", getattr(part, "regressor_", None))


def _keeps_columns(step: Any) -> bool:
    """Whether the next step gets the same columns with the same values, but for nulls."""
    return step is None or step == "passthrough" or (hasattr(step, "statistics_") and hasattr(step, "missing_values"))


def _chosen(chosen: Any, names: Sequence[str]) -> Sequence[str]:
    """The names behind a transformer's columns: names, places, a slice or a mask."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice):
        return [str(name) for name in np.array(names, dtype=object)[chosen]] if _of_places(chosen) else []
    listed = np.atleast_1d(np.asarray(chosen))
    if listed.dtype.kind in "OUS":
        return [str(name) for name in listed]
    return [str(name) for name in np.array(names, dtype=object)[listed]] if len(listed) else []


def _of_places(chosen: slice) -> bool:
    return not any(isinstance(end, str) for end in (chosen.start, chosen.stop))


def _values(values: Any) -> tuple[Any, ...]:
    return tuple(value for value in np.ravel(values).tolist() if value is not None and value == value)  # NaN.


def _ranges(part: Any, names: Sequence[str]) -> Iterator[tuple[str, Range]]:
    mean, scale = np.asarray(getattr(part, "mean_", ())), np.asarray(getattr(part, "scale_", ()))
    low, high = np.asarray(getattr(part, "data_min_", ())), np.asarray(getattr(part, "data_max_", ()))
    if mean.shape == scale.shape == (len(names),):
        low, high = mean - SPREAD * scale, mean + SPREAD * scale
    if not low.shape == high.shape == (len(names),):
        yield from _of_trees(part, names)
        return
    yield from ((name, (float(a), float(b))) for name, a, b in zip(names, low, high, strict=True))


def _of_trees(part: Any, names: Sequence[str]) -> Iterator[tuple[str, Range]]:
    """Around the thresholds of trees that take these columns as they are."""
    if getattr(part, "n_features_in_", None) != len(names) or not hasattr(part, "predict"):
        return
    ends: dict[int, tuple[float, float]] = {}
    for trees in find_trees(part):
        for column, threshold in zip(trees.columns.tolist(), trees.thresholds.tolist(), strict=True):
            low, high = ends.get(column, (threshold, threshold))
            ends[column] = min(low, threshold), max(high, threshold)
    for column, (low, high) in ends.items():
        margin = 0.1 * (high - low) or 0.1 * abs(low) or 0.1
        if column < len(names):
            yield names[column], (low - margin, high + margin)
