"""What a model card says of the target in the rows: classes, values, each of several targets, known outliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from twinserve.arrays import FloatArray
from twinserve.card.document import paragraph, table
from twinserve.predict.targets.anomaly import LABELS, Anomaly
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.training.data import Data

ENDS = ("target", "least", "lower quartile", "median", "upper quartile", "greatest")


def target_table(data: Data) -> Iterator[str]:
    """A table for each target."""
    sides = [data.train.y_true, data.holdout.y_true]
    target = data.target
    if isinstance(target, Anomaly):
        yield _known(sides)
    elif isinstance(target, SeveralLabels):
        each = zip(target.names, target.classes_of, pairwise(target.ends), strict=True)
        for place, (name, classes, (start, _)) in enumerate(each):
            yield _classes(name, classes, [side[:, place] - start for side in sides])
    elif isinstance(target, SeveralValues):
        columns = zip(target.names, data.everything.y_true.T, strict=True)
        yield table(ENDS, [_ends(name, column) for name, column in columns])
    elif target.classes is not None:
        yield _classes("class", target.classes, sides)
    else:
        yield table(ENDS, [_ends("", data.everything.y_true)])


def _classes(head: str, classes: Sequence[str], sides: Sequence[FloatArray]) -> str:
    counts = [np.bincount(side.astype(int), minlength=len(classes)) for side in sides]
    learned, held_out = (side.tolist() for side in counts)
    proportions = (counts[0] + counts[1]) / sum(map(len, sides))
    counted = zip(classes, learned, held_out, proportions, strict=True)
    rows = [(label, str(a), str(b), f"{proportion:.1%}") for label, a, b, proportion in counted]
    return table((head, "to learn from", "held out", "proportion"), rows)


def _ends(name: str, column: Any) -> tuple[str, ...]:
    return name, *(f"{value:g}" for value in np.quantile(column, [0, 0.25, 0.5, 0.75, 1]))


def _known(sides: Sequence[FloatArray]) -> str:
    if any(np.isnan(side).any() for side in sides):
        return paragraph("Which rows are outliers is not known, so only the share that is called so is measured.")
    return _classes("known as", LABELS, sides)
