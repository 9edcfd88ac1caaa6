"""The outputs of a model: what they are called, what they hold, and which of them are given unless others are named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from twinserve.explain.explained import Explained
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.rendering import Warnings
from twinserve.predict.targets.anomaly import LABELS, Anomaly
from twinserve.predict.targets.quantiles import Quantiles
from twinserve.predict.targets.several_labels import SeveralLabels
from twinserve.predict.targets.several_values import SeveralValues
from twinserve.predict.targets.target import Coded
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.v2.datatypes import BOOL, BYTES, FP64
from twinserve.signature.findings import render
from twinserve.store.artifact import LoadedArtifact

SAMPLED: Final = "shapley-sampled"


class Answer(NamedTuple):
    """What outputs are made of, for n rows."""

    predictions: Predictions
    beside: Beside
    warnings: Warnings
    rows: int


@dataclass(frozen=True)
class Output:
    """One output, of the shape [rows], or [rows, columns]."""

    name: str
    datatype: str
    values: Callable[[Answer], Any]
    """An array, `Coded`, or a list of texts; None where this answer has none."""
    columns: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What the metadata say of it."""
    needs: str = ""
    """`explanation` or `coverage`; empty: only the predictions."""
    is_default: bool = False

    def shape(self, rows: int) -> list[int]:
        """The shape for so many rows; -1 for any number."""
        return [rows] if self.columns is None else [rows, self.columns]


def outputs_of(artifact: LoadedArtifact) -> Mapping[str, Output]:
    """The outputs of a version, by their names."""
    listed = (*_predicted(artifact), *_covered(artifact), *_explained(artifact), WARNINGS)
    return {output.name: output for output in listed}


def _predicted(artifact: LoadedArtifact) -> Iterator[Output]:
    target = artifact.manifest.target
    match target:
        case Anomaly():
            yield _labels("label", LABELS)
            yield _numbers("score", lambda answer: answer.predictions.values)
        case SeveralLabels():
            for place, name in enumerate(target.names):
                yield _labels(f"labels.{name}", target.texts, place)
            each = zip(target.names, target.classes_of, pairwise(target.ends), strict=True)
            for name, classes, (start, end) in each:
                yield _probabilities(f"probabilities.{name}", classes, slice(start, end), len(target.texts))
        case SeveralValues():
            for place, name in enumerate(target.names):
                yield _numbers(f"values.{name}", partial(_of_place, place, "values"))
        case Quantiles():
            yield _numbers("value", lambda answer: answer.predictions.values)
            for place, name in enumerate(target.names):
                yield _numbers(f"quantiles.{name}", partial(_of_place, place, "quantiles"))
        case _ if target.classes is not None:
            yield _labels("label", target.classes)
            yield _probabilities("probabilities", target.classes, slice(None), len(target.classes))
        case _:
            yield _numbers("value", lambda answer: answer.predictions.values)


def _labels(name: str, classes: tuple[str, ...], place: int | None = None) -> Output:
    """Labels, of one target of several if `place` is given."""

    def values(answer: Answer) -> Coded:
        labels = answer.predictions.labels
        if labels is None:
            raise BadPrediction("The predictor gave no labels.")
        return Coded(labels if place is None else _column(labels, place), classes)

    return Output(name, BYTES, values, parameters={"content_type": "str"}, is_default=True)


def _numbers(name: str, get: Callable[[Answer], Any]) -> Output:
    def values(answer: Answer) -> Any:
        numbers = get(answer)
        if numbers is None or numbers.shape != (answer.rows,):
            raise BadPrediction(f"The predictor gave no {name} for each row.")
        return numbers

    return Output(name, FP64, values, is_default=True)


def _probabilities(name: str, classes: Sequence[str], places: slice, width: int) -> Output:
    """Those of one target; a model that gives labels only has none."""

    def values(answer: Answer) -> Any:
        all_of_them = answer.predictions.probabilities
        if all_of_them is None:
            return None
        if all_of_them.shape != (answer.rows, width):
            raise BadPrediction(f"The predictor gave probabilities {all_of_them.shape} for {answer.rows} rows.")
        return all_of_them[:, places]

    return Output(name, FP64, values, len(classes), {"classes": [*classes]}, is_default=True)


def _column(table: Any, place: int) -> Any:
    if table is None or table.ndim != 2 or table.shape[1] <= place:
        raise BadPrediction("The predictor gave no column for each target.")
    return table[:, place]


def _of_place(place: int, name: Literal["values", "quantiles"], answer: Answer) -> Any:
    return _column(getattr(answer.predictions, name), place)


def _covered(artifact: LoadedArtifact) -> Iterator[Output]:
    target = artifact.manifest.target
    if artifact.coverage is None or target.uncovered is not None:
        return
    if target.classes is None:
        yield Output("low", FP64, lambda answer: _covering(answer).low, needs="coverage")
        yield Output("high", FP64, lambda answer: _covering(answer).high, needs="coverage")
        return
    classes = target.classes

    def values(answer: Answer) -> Any:
        members = np.zeros((answer.rows, len(classes)), dtype=np.bool_)
        for row, codes in enumerate(_covering(answer).sets):
            members[row, list(codes)] = True
        return members

    yield Output("set", BOOL, values, len(classes), {"classes": [*classes]}, needs="coverage")


def _covering(answer: Answer) -> Any:
    if answer.beside.covered is None:
        raise BadPrediction("There are no intervals or sets.")
    return answer.beside.covered


def _explained(artifact: LoadedArtifact) -> Iterator[Output]:
    explainer = artifact.explainer
    if explainer is None or artifact.manifest.target.unexplained is not None:
        return
    fields = [feature.name for feature in artifact.signature.features]
    about = {"fields": fields, "method": explainer.method, "of": explainer.of}
    named = {"contributions": about, **({"standard_errors": about} if explainer.method == SAMPLED else {})}
    get = {"contributions": lambda values: values.contributions, "standard_errors": lambda values: values.errors}
    for name, parameters in named.items():
        values = _explaining(get[name])
        yield Output(name, FP64, values, len(fields), parameters, "explanation")
    yield Output("base", FP64, _explaining(lambda values: values.base), needs="explanation")
    yield Output("output", FP64, _explaining(lambda values: values.output), needs="explanation")


def _explaining(get: Callable[[Any], Any]) -> Callable[[Answer], Any]:
    def values(answer: Answer) -> Any:
        explained: Explained | None = answer.beside.explained
        if explained is None:
            raise BadPrediction("There are no explanations.")
        return get(explained.values)

    return values


def _warnings(answer: Answer) -> list[str]:
    """The warnings of each row as JSON, as the native JSON has them."""
    told = {row: [render(finding) for finding in findings] for row, findings in answer.warnings.items()}
    texts = {row: json.dumps(items, separators=(",", ":"), ensure_ascii=False) for row, items in told.items()}
    return [texts.get(row, "[]") for row in range(answer.rows)]


WARNINGS: Final = Output("warnings", BYTES, _warnings, parameters={"content_type": "str"})
EXPLAINS: Final = ("contributions", "standard_errors", "base", "output")
"""The outputs that need an explanation."""
