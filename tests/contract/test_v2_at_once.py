"""Many rows of binary doubles are answered at once by a linear model; whatever takes longer waits in the pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.doors import Both, open_both
from tests.packaged import packaged
from tests.tensors import Json, binary_body, json_body, outputs_in
from twinserve.service.inference.quick import OF_NUMBERS
from twinserve.service.protocols.v2.dialect import V2

FIELDS = [f"f{number}" for number in range(30)]
ROWS = np.random.default_rng(0).normal(size=(1000, len(FIELDS)))
HEADS = {"linear": LogisticRegression(), "boosting": HistGradientBoostingClassifier(max_iter=5)}
CLASSES = ("malignant", "benign")


class Served(NamedTuple):
    """A model at all doors."""

    doors: Both
    submitted: list[int]
    """The length of each body that was given to the pool."""
    is_linear: bool


@pytest.fixture(params=HEADS, scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    table, target = pd.DataFrame(ROWS, columns=FIELDS), np.where(ROWS[:, 0] > 0.3, *CLASSES)
    model = make_pipeline(StandardScaler(), HEADS[request.param]).fit(table, target)
    service = packaged(model, table, target, "tumor", tmp_path_factory.mktemp("numbers"), [V2])
    submitted: list[int] = []
    submit = service._pool.submit

    def counted(version: Any, question: Any) -> Any:
        submitted.append(len(question.body))
        return submit(version, question)

    with pytest.MonkeyPatch.context() as patch, open_both(service) as doors:
        patch.setattr(service._pool, "submit", counted)
        yield Served(doors, submitted, request.param == "linear")


def whole(rows: Any, datatype: str = "FP64") -> Json:
    """All rows as one input."""
    return {"name": "x", "datatype": datatype, "shape": list(rows.shape), "data": rows.ravel().tolist()}


def each(rows: Any) -> list[Json]:
    """Each column as an input."""
    columns = zip(FIELDS, rows.T.tolist(), strict=True)
    return [{"name": name, "datatype": "FP64", "shape": [len(rows)], "data": data} for name, data in columns]


def infer(served: Served, body: bytes, headers: Any, status: int = 200) -> dict[str, Any]:
    """What the answer holds."""
    answer = served.doors.send("POST", "/v2/models/tumor/infer", body, headers)
    assert answer.status == status, answer.body
    return outputs_in(answer.body, answer.headers.get("Inference-Header-Content-Length")) if status == 200 else {}


def in_binary(inputs: Sequence[Json], **rest: Any) -> tuple[bytes, Any]:
    """A request in binary data, both ways."""
    return binary_body(inputs, parameters={"binary_data_output": True, **rest})


@pytest.mark.parametrize("inputs", [[whole(ROWS)], each(ROWS)], ids=["one", "each"])
def test_the_answers_are_those_of_json(served: Served, inputs: list[Json]) -> None:
    """And a linear model gives them without the pool."""
    served.submitted.clear()
    found = infer(served, *in_binary(inputs))
    assert bool(served.submitted) is not served.is_linear
    assert found == infer(served, json_body(inputs), {})
    assert len(found["label"]) == len(ROWS)
    assert set(found["label"]) == set(CLASSES)


def test_what_is_new_is_told(served: Served) -> None:
    """Extremes of the columns tell where a value may be outside what training saw."""
    rows = ROWS.clip(-2, 2)
    rows[7, 3], rows[7, 2], rows[999, 29] = 1e6, -1e6, 1e6
    outputs = [{"name": "label"}, {"name": "warnings"}]
    warned = infer(served, *binary_body([whole(rows)], outputs=outputs))["warnings"]
    alone = infer(served, json_body([whole(rows[7:8])], outputs=outputs), {})["warnings"]
    assert [row for row, told in enumerate(warned) if told != "[]"] == [7, 999]
    assert warned[7] == alone[0]
    assert warned[7].index("f2") < warned[7].index("f3")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (lambda: in_binary([whole(np.where(ROWS > 2, np.inf, ROWS))]), 422),
        (lambda: in_binary([whole(ROWS, "FP32")]), 200),
        (lambda: in_binary([whole(ROWS)], coverage=0.8), 200),
        (lambda: in_binary([whole(ROWS * 100)]), 200),
        (lambda: in_binary([whole(np.tile(ROWS, (3, 1)))]), 200),
        (lambda: in_binary([whole(ROWS)], unknown="\\"), 200),
    ],
    ids=["invalid", "FP32", "coverage", "new values", "long", "backslash"],
)
def test_whatever_takes_longer_waits_in_the_pool(served: Served, body: Any, status: int) -> None:
    served.submitted.clear()
    sent, headers = body()
    infer(served, sent, headers, status)
    assert served.submitted == [len(sent)] * len(served.doors.doors)


def test_the_longest_is_longer_than_these() -> None:
    assert ROWS.nbytes < OF_NUMBERS < 3 * ROWS.nbytes
    assert V2.glance is not None
