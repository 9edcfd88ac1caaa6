"""How models of texts are compared: by the predictors, as a graph by itself reads no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.twinserve.compile.comparing import fitted
from twinserve.arrays import FloatArray
from twinserve.compile import Column, compile_pipeline
from twinserve.predict.answers import ask
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.proof.parity import compare
from twinserve.proof.text_probes import text_probes
from twinserve.signature import Columns, Feature, FeatureType, Signature
from twinserve.signature.frames import to_frame

TOLERANCE = 1e-12
SIGNATURE = Signature(
    features=(
        Feature(path=("n",), type=FeatureType.NUMBER),
        Feature(path=("text",), type=FeatureType.STRING),
        Feature(path=("m",), type=FeatureType.NUMBER),
    )
)
COLUMNS = (
    Column("n", "number", nullable=False),
    Column("text", "text", nullable=False),
    Column("m", "number", nullable=False),
)
NOUNS = ("battery", "screen", "box", "price", "café", "Größe", "sound", "it", "a", "x1")
GOOD = ("great", "fine", "Lovely", "nice")
BAD = ("awful", "Poor", "bad", "broken")


@dataclass(frozen=True)
class Reviews:
    """Rows with a text between two numbers, and what is predicted of them."""

    columns: Columns
    labels: Sequence[int]

    @property
    def frame(self) -> pd.DataFrame:
        """What pipelines are fitted on."""
        return to_frame(self.columns, SIGNATURE)


def reviews(seed: int = 0, rows: int = 120, classes: int = 2) -> Reviews:
    """Reviews whose adjectives tell the class, mostly."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    labels[:classes] = np.arange(classes)
    texts = [_review(rng, label) for label in labels.tolist()]
    numbers = rng.normal(size=(rows, 2))
    return Reviews(of_texts(texts, numbers), labels.tolist())


def _review(rng: np.random.Generator, label: int) -> str:
    count = int(rng.integers(0, 9))
    adjectives = [rng.choice((GOOD, BAD)[label % 2] if rng.random() < 0.7 else GOOD + BAD) for _ in range(count)]
    more = [f"word{int(rng.integers(0, 40))}" for _ in range(int(rng.integers(0, 9)))]
    return ", ".join([*(f"the {rng.choice(NOUNS)} is {word}" for word in adjectives), *more, *["thrice"] * label])


def of_texts(texts: Sequence[str], numbers: FloatArray) -> Columns:
    """Rows of these texts."""
    matrix = np.column_stack([numbers[:, 0], np.full(len(texts), np.nan), numbers[:, 1]])
    return Columns(matrix, texts={1: list(texts)})


def beside(vectorizer: Any, *steps: Any, **options: Any) -> Any:
    """A pipeline of the vectorizer beside scaled numbers."""
    numbers = ("numbers", StandardScaler(), ["n", "m"])
    return make_pipeline(ColumnTransformer([numbers, ("text", vectorizer, "text")], **options), *steps)


def alone(vectorizer: Any, *steps: Any, **options: Any) -> Any:
    """A pipeline of the text only."""
    return make_pipeline(ColumnTransformer([("text", vectorizer, "text")], **options), *steps)


def compiled(model: Any, columns: Sequence[Column] = COLUMNS) -> CompiledPredictor:
    """The compiled model; compiling it again gives the same bytes."""
    graph = compile_pipeline(model, columns)
    assert graph == compile_pipeline(model, columns)
    return CompiledPredictor(graph)


def by_sklearn(model: Any) -> SklearnPredictor:
    """scikit-learn's own answers."""
    return SklearnPredictor(model, SIGNATURE, model.classes_.tolist() if hasattr(model, "classes_") else None)


def asked(rows: Reviews) -> Columns:
    """Other reviews, and texts of all kinds."""
    made = text_probes(rows.columns.texts[1])
    numbers = np.random.default_rng(9).normal(size=(len(made), 2))
    return Columns.concatenate([reviews(99, 60).columns, of_texts(made, numbers)])


def assert_same_texts(model: Any, target: Any = None, rows: Reviews | None = None) -> CompiledPredictor:
    """The compiled model answers as scikit-learn does, each row alike whatever its batch."""
    rows = rows or reviews()
    labels = np.array(rows.labels)
    fitted(model, rows.frame, labels if target is None else target)
    predictor, tried = compiled(model), asked(rows)
    parity = compare(predictor, by_sklearn(model), [rows.columns, tried])
    assert (parity.label_flips, parity.answered_by_one, parity.unanswered) == (0, 0, 0)
    assert parity.largest_difference <= TOLERANCE
    assert_rows_stand_alone(predictor, tried)
    return predictor


def assert_rows_stand_alone(predictor: CompiledPredictor, columns: Columns) -> None:
    """A row's answer has the same bits alone and among others."""
    whole = ask(predictor, columns).predictions
    assert whole is not None
    for row in range(0, len(columns), 7):
        for together, one in zip(whole, predictor.predict(columns.take([row])), strict=True):
            assert (together is None) == (one is None)
            if together is not None and one is not None:
                assert together[row : row + 1].tobytes() == one.tobytes()
