"""The figures of the model card, as SVG: the same data gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.metrics import auc, precision_recall_curve, roc_curve

from twinserve.arrays import FloatArray, evenly_spread
from twinserve.card.drawing import BLUE, COLOURS, GREY, SIZE, drawing, empty, short, svg
from twinserve.predict.predictor import Predictions
from twinserve.predict.targets.anomaly import Anomaly
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Target
from twinserve.store.evaluation_facts import ImportanceFacts

MOST_CLASSES: Final = len(COLOURS)
MOST_TARGETS: Final = 4
"""Targets that have figures of their own."""
MOST_POINTS: Final = 1_500
MOST_BARS: Final = 20
LEGEND: Final = 24
"""Characters of a class in a legend; with more it covers the curves."""
LEVEL: Final = 40
"""Characters of all classes together that stand side by side below an axis."""


def figures(
    y_true: FloatArray, predictions: Predictions, target: Target, importance: ImportanceFacts | None
) -> dict[str, tuple[str, bytes]]:
    """The figures that these predictions allow, by file name: caption and SVG."""
    with drawing():
        drawn = _of_target(y_true, predictions, target)
        return drawn if importance is None else drawn | {"importance.svg": _importance(importance)}


def _of_target(y_true: FloatArray, predictions: Predictions, target: Target) -> dict[str, tuple[str, bytes]]:
    if isinstance(target, Anomaly):
        return {"scores.svg": _scores(np.asarray(predictions.values))}
    if isinstance(target, SeveralLabels | SeveralValues):
        return {
            f"{name.removesuffix('.svg')}-{place + 1}.svg": (f"{told}: {caption}", content)
            for place, told in enumerate(target.names[:MOST_TARGETS])
            for name, (caption, content) in _of_one(y_true[:, place], predictions, target, place).items()
        }
    if target.classes is not None:
        return _of_classes(y_true, predictions, target.classes)
    return _of_values(y_true, predictions)


def _of_one(
    y_true: FloatArray, predictions: Predictions, target: SeveralLabels | SeveralValues, place: int
) -> dict[str, tuple[str, bytes]]:
    """The figures of one of several targets."""
    if isinstance(target, SeveralValues):
        return _of_values(y_true, Predictions(values=np.asarray(predictions.values)[:, place]))
    start, end = target.ends[place : place + 2]
    labels, likely = np.asarray(predictions.labels)[:, place] - start, predictions.probabilities
    of_one = Predictions(labels, None if likely is None else likely[:, start:end])
    return _of_classes(y_true - start, of_one, target.classes_of[place])


def _of_classes(y_true: FloatArray, predictions: Predictions, classes: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    drawn = {"confusion.svg": _confusion(y_true, predictions, classes)} if len(classes) <= 2 * MOST_CLASSES else {}
    if predictions.probabilities is None:
        return drawn
    probabilities = predictions.probabilities
    return {
        "roc.svg": _roc(y_true, probabilities, classes),
        "precision-recall.svg": _precision_recall(y_true, probabilities, classes),
        "calibration.svg": _calibration(y_true, probabilities, classes),
    } | drawn


def _of_values(y_true: FloatArray, predictions: Predictions) -> dict[str, tuple[str, bytes]]:
    values = np.asarray(predictions.values)
    points = evenly_spread(len(y_true), MOST_POINTS)
    return {"predicted.svg": _predicted(y_true[points], values[points]), "residuals.svg": _residuals(y_true, values)}


def _curves(classes: Sequence[str]) -> list[tuple[int, str, str]]:
    """Code, name and colour of each class that gets a curve; of two classes the second alone."""
    codes = [1] if len(classes) == 2 else list(range(min(len(classes), MOST_CLASSES)))
    return [(code, classes[code], COLOURS[index]) for index, code in enumerate(codes)]


def _roc(y_true: FloatArray, probabilities: FloatArray, classes: Sequence[str]) -> tuple[str, bytes]:
    figure, axes = empty("false positive rate", "true positive rate")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    for code, label, colour in _curves(classes):
        fpr, tpr, _ = roc_curve(y_true == code, probabilities[:, code])
        axes.plot(fpr, tpr, color=colour, label=f"{short(label, LEGEND)}: area {auc(fpr, tpr):.3f}")
    axes.legend(loc="lower right")
    return "ROC curve: true positives of a class against false positives", svg(figure)


def _precision_recall(y_true: FloatArray, probabilities: FloatArray, classes: Sequence[str]) -> tuple[str, bytes]:
    figure, axes = empty("recall", "precision")
    axes.set_ylim(0, 1.03)
    for code, label, colour in _curves(classes):
        precision, recall, _ = precision_recall_curve(y_true == code, probabilities[:, code])
        axes.step(recall, precision, where="post", color=colour, label=short(label, LEGEND))
        axes.axhline(float((y_true == code).mean()), color=colour, linestyle=":", linewidth=1)
    axes.legend(loc="lower left")
    return "Precision and recall; dotted: precision of random guessing", svg(figure)


def _calibration(y_true: FloatArray, probabilities: FloatArray, classes: Sequence[str]) -> tuple[str, bytes]:
    """Of two classes the second; of more the predicted class of each row."""
    if len(classes) == 2:
        predicted, hits, what = probabilities[:, 1], y_true == 1, f"of {short(classes[1], LEGEND)!r}"
    else:
        predicted, hits = probabilities.max(axis=1), probabilities.argmax(axis=1) == y_true
        what = "of the predicted class"
    bins = max(3, min(10, len(y_true) // 30))
    figure, axes = empty(f"predicted probability {what}", "observed frequency")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    groups = [group for group in np.array_split(np.argsort(predicted, kind="stable"), bins) if len(group)]
    x = np.array([predicted[group].mean() for group in groups])
    y = np.array([hits[group].mean() for group in groups])
    error = 1.96 * np.sqrt(y * (1 - y) / np.array([len(group) for group in groups]))
    low, high = np.minimum(error, y), np.minimum(error, 1 - y)
    axes.errorbar(x, y, yerr=np.stack([low, high]), fmt="o-", color=BLUE, ecolor=GREY, capsize=3, markersize=5)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    return f"Calibration in {len(groups)} groups of equally many rows, with 95 % intervals", svg(figure)


def _confusion(y_true: FloatArray, predictions: Predictions, classes: Sequence[str]) -> tuple[str, bytes]:
    size = len(classes)
    cells = np.bincount(y_true.astype(int) * size + np.asarray(predictions.labels), minlength=size * size)
    table = cells.reshape(size, size)
    recalls = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    side = max(SIZE[1], 0.45 * size + 1.5)
    figure, axes = empty("predicted", "true", size=(side * SIZE[0] / SIZE[1], side))
    axes.grid(visible=False)
    axes.imshow(recalls, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(size):
        for column in range(size):
            shade = "white" if recalls[row, column] > 0.5 else "#333333"
            axes.text(column, row, f"{table[row, column]}", ha="center", va="center", color=shade)
    names = [short(label) for label in classes]
    if sum(map(len, names)) > LEVEL:
        axes.set_xticks(range(size), names, rotation=60, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(range(size), names)
    axes.set_yticks(range(size), names)
    return "Confusion matrix in rows of the hold-out; shade: proportion of the true class", svg(figure)


def _predicted(y_true: FloatArray, values: FloatArray) -> tuple[str, bytes]:
    figure, axes = empty("actual", "predicted")
    ends = [min(y_true.min(), values.min()), max(y_true.max(), values.max())]
    axes.plot(ends, ends, color=GREY, linestyle=":", linewidth=1)
    axes.scatter(y_true, values, s=9, alpha=0.5, color=BLUE, linewidths=0)
    return "Predicted against actual; dotted: equal", svg(figure)


def _residuals(y_true: FloatArray, values: FloatArray) -> tuple[str, bytes]:
    figure, axes = empty("predicted minus actual", "rows")
    residuals = values - y_true
    axes.hist(residuals, bins=_edges(residuals), color=BLUE, edgecolor="white", linewidth=0.5)
    axes.axvline(0, color=GREY, linestyle=":", linewidth=1)
    return "Residuals", svg(figure)


def _scores(scores: FloatArray) -> tuple[str, bytes]:
    figure, axes = empty("score", "rows")
    axes.hist(scores, bins=_edges(scores), color=BLUE, edgecolor="white", linewidth=0.5)
    axes.axvline(0, color=GREY, linestyle=":", linewidth=1)
    return "Scores of the held-out rows; below 0 a row is an outlier", svg(figure)


def _edges(numbers: FloatArray) -> FloatArray:
    """The edges of 10 to 40 bins of equal width; beyond the ends where large numbers hardly differ, as only few doubles
    lie between them."""
    bins = max(10, min(40, len(numbers) // 10))
    low, high = numbers.min(), numbers.max()
    room = 2 * bins * np.spacing(np.abs(numbers).max())
    if low == high:
        room = max(0.5, room)
    if high - low < room:
        low, high = low - room, high + room
    return np.linspace(low, high, bins + 1)


def _importance(importance: ImportanceFacts) -> tuple[str, bytes]:
    shown = list(importance.features[:MOST_BARS])[::-1]
    figure, axes = empty("loss in the metric that decides", "", size=(SIZE[0], 0.24 * len(shown) + 1.1))
    axes.grid(visible=False, axis="y")
    bars = range(len(shown))
    spreads = [part.spread for part in shown]
    axes.barh(bars, [part.mean for part in shown], xerr=spreads, color=BLUE, ecolor=GREY, height=0.7)
    axes.set_yticks(bars, [short(part.feature, 32) for part in shown], fontsize=9)
    axes.axvline(0, color=GREY, linewidth=1)
    more = f", the {len(shown)} highest of {importance.of}" if importance.of > len(shown) else ""
    return f"Permutation importance{more}: the loss when a feature's values are shuffled among the rows", svg(figure)
