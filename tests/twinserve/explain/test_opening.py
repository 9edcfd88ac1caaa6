"""An explainer that does not fit its model is refused when it is opened, not at the first question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tests.twinserve.explain.games import numbers, rows
from twinserve.bounds import EXPLAIN_MEMORY
from twinserve.compile.compiler import compile_with_explanation
from twinserve.compile.explanation import Explained
from twinserve.explain.explainer import Explainer
from twinserve.explain.opening import open_explainer
from twinserve.explain.stored import BACKGROUND, NAME, TABLE, StoredSampled, StoredTrees, write
from twinserve.predict.compiled import CompiledPredictor
from twinserve.signature import Feature, FeatureType, Signature

X: Final = np.random.default_rng(0).normal(size=(60, 3))
Y: Final = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])
SIGNATURE: Final = Signature(
    features=tuple(Feature(path=(name,), type=FeatureType.NUMBER) for name in ("x0", "x1", "x2"))
)
FILES = Mapping[str, bytes]


class Made:
    """A compiled model of three classes, and the files of its explainer."""

    def __init__(self, model: Any) -> None:
        made = compile_with_explanation(model.fit(X, Y), numbers(3))
        assert isinstance(made.explained, Explained)
        self.graph = made.graph
        stored = made.explained.with_means(X)
        table = {} if made.explained.table is None else {TABLE: made.explained.table}
        self.files: FILES = {NAME: write(stored), **table}

    def opened(self, files: FILES, classes: int | None = 3) -> Explainer | None:
        """The explainer of these files."""
        predictor = CompiledPredictor(self.graph)
        return open_explainer(files, self.graph, predictor, SIGNATURE, classes, "", EXPLAIN_MEMORY)

    def changed(self, path: Sequence[str | int], value: Any) -> FILES:
        """The files with one member of the JSON changed."""
        content = json.loads(self.files[NAME])
        node = content["explainer"]
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = value
        return {**self.files, NAME: json.dumps(content).encode()}


TREES: Final = Made(GradientBoostingClassifier(n_estimators=3, max_depth=2))
LINEAR: Final = Made(make_pipeline(SimpleImputer(), LogisticRegression()))


def shares(number: float, count: int) -> str:
    """So many shares, as they are stored."""
    packed = StoredTrees(ensemble=0, offset=0, factor=1, into=(), shares=StoredTrees.pack(np.full((count, 2), number)))
    text: str = json.loads(packed.model_dump_json())["shares"]
    return text


@pytest.mark.parametrize("made", [TREES, LINEAR])
def test_what_fits_is_opened(made: Made) -> None:
    """It explains every class."""
    explainer = made.opened(made.files)
    assert explainer is not None
    assert np.isfinite(explainer.explain(rows(X[:3]), [0, 1, 2]).contributions).all()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("trees", 0, "ensemble"), 9),
        (("trees", 0, "offset"), 1),
        (("trees", 0, "offset"), 10**30),
        (("trees", 0, "into"), []),
        (("trees", 0, "into"), [7, 7, 7]),
        (("trees", 0, "shares"), ""),
        (("trees", 0, "shares"), "AAAA"),
        (("trees", 0, "shares"), shares(0.5, 1)),
        (("trees", 0, "shares"), shares(2.0, 27)),
        (("trees", 0, "shares"), shares(np.nan, 27)),
        (("fields",), []),
        (("fields",), [0, 1]),
        (("fields",), [0, 1, 2, 2]),
        (("fields",), [-1, -1, -1]),
        (("fields",), [0, 1, 3]),
        (("bias",), []),
        (("bias",), [0.0] * 2),
        (("bias",), [0.0] * 100_000),
    ],
)
def test_trees_that_are_not_those_of_the_model_are_refused(path: Sequence[str | int], value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        TREES.opened(TREES.changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("linear", 0, "columns"), [0, 1, 9]),
        (("linear", 0, "columns"), [0, 1]),
        (("linear", 0, "weights"), [[1.0, 1.0, 1.0]]),
        (("linear", 0, "weights"), [[1.0], [1.0], [1.0]]),
        (("linear", 0, "means"), []),
        (("fields",), [0, 1, 2, 0]),
        (("bias",), [0.0]),
    ],
)
def test_a_linear_model_that_does_not_fit_is_refused(path: Sequence[str | int], value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        LINEAR.opened(LINEAR.changed(path, value))


@pytest.mark.parametrize("table", [b"", b"{}", LINEAR.graph, TREES.graph, LINEAR.files[TABLE][:-9]])
def test_a_table_that_is_none_is_refused_and_the_model_is_not_blamed(table: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(?!.*model\.onnx)"):
        LINEAR.opened({**LINEAR.files, TABLE: table})


def test_a_model_that_answers_the_same_to_all_reads_no_column() -> None:
    """It is explained by its base alone; what names columns is another model's."""
    dummy = Made(DummyClassifier())
    explainer = dummy.opened(dummy.files)
    assert explainer is not None
    base, output, contributions, _ = explainer.explain(rows(X[:3]), [0, 1, 2])
    assert base.tolist() == output.tolist()
    assert not contributions.any()
    with pytest.raises(ValueError, match="columns"):
        dummy.opened(dummy.changed(["fields"], [0, 1, 2]))


def test_a_model_with_other_classes_is_refused() -> None:
    for classes in (None, 2, 4):
        with pytest.raises(ValueError, match=r"outputs"):
            TREES.opened(TREES.files, classes)


@pytest.mark.parametrize("background", [({"x0": 1},), ([{"x0": 1, "x1": 2, "x2": 3}],), (None,)])
def test_a_background_of_what_is_no_instance_is_refused(background: tuple[object, ...]) -> None:
    stored = StoredSampled(of="probability", reason="", background=background)
    with pytest.raises(Exception, match=r"."):
        TREES.opened({NAME: write(stored)})


def test_a_background_of_more_rows_than_training_keeps_is_refused() -> None:
    """Each of them makes every explanation longer."""
    row = {"x0": 1, "x1": 2, "x2": 3}
    kept = json.loads(write(StoredSampled(of="probability", reason="", background=(row,) * BACKGROUND)))
    assert TREES.opened({NAME: json.dumps(kept).encode()}) is not None
    kept["explainer"]["background"].append(row)
    with pytest.raises(ValueError, match=r"at most 64"):
        TREES.opened({NAME: json.dumps(kept).encode()})
