"""A model in this process answers, warns and refuses as the doors do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from copy import deepcopy
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import twinserve
from harness import ROOT, fruit
from tests.doors import Both, open_both
from tests.twinserve.signature.made import instances
from twinserve import InvalidInput, Model, open_model
from twinserve.errors import AskedWrongly
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.store.registry import Registry
from twinserve.testing.client import JSON as JSON_TYPE

TUMOR = json.loads((ROOT / "examples" / "tumor.json").read_text())
APPLE: dict[str, Any] = {"weight": 150.0, "skin": {"colour": "red", "spots": 3}}
HUGE = 10**400
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

Json = Any
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([HUGE, -HUGE, 2**63, 1e308, -0.0, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=70), inner, max_size=3),
    max_leaves=6,
)
"""Any value that JSON holds."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with fruit (a category, nulls) and prices (a regression)."""
    root = tmp_path_factory.mktemp("store")
    for recipe in (fruit.FRUIT, fruit.PRICE):
        fruit.registered(recipe, root)
        Registry(root, recipe.name).promote(1)
    return root


@pytest.fixture(scope="module")
def tumor_doors(artifacts: Path) -> Iterator[Both]:
    """Both doors over the linear default model."""
    with open_both(Service.open(Settings(artifacts=artifacts))) as doors:
        yield doors


@pytest.fixture(scope="module")
def fruit_doors(store: Path) -> Iterator[Both]:
    """Both doors over fruit."""
    with open_both(Service.open(Settings(artifacts=store, model="fruit"))) as doors:
        yield doors


@pytest.fixture(scope="module")
def tumor(artifacts: Path) -> Model:
    """The same model in this process."""
    return open_model(artifacts)


@pytest.fixture(scope="module")
def pear(store: Path) -> Model:
    """Fruit in this process."""
    return open_model(store, "fruit")


def outcome(model: Model, value: Json) -> tuple[int, Json]:
    """The status and what matters of the body that a door would send."""
    try:
        return 200, model.predict(value)
    except InvalidInput as error:
        return 422, error.errors


def at_the_doors(doors: Both, value: Json) -> tuple[int, Json]:
    """The same of what the doors send."""
    answer = doors.predict(value)
    body = answer.json()
    return answer.status, body if answer.status == 200 else body["errors"]


@st.composite
def nearly(draw: st.DrawFn, instance: Json) -> Json:
    """An instance of which some places hold anything, are missing, or are joined by unknown ones."""
    changed = deepcopy(instance)
    for _ in range(draw(st.integers(0, 3))):
        node = changed
        while draw(st.booleans()) and (groups := [child for child in node.values() if isinstance(child, dict)]):
            node = draw(st.sampled_from(groups))
        key = draw(st.sampled_from([*node, "unknown"]))
        if draw(st.booleans()):
            node[key] = draw(JSON)
        else:
            node.pop(key, None)
    return changed


@many
@given(value=nearly(TUMOR) | st.lists(nearly(TUMOR), max_size=3) | JSON)
@example(value=TUMOR)
@example(value=[TUMOR, TUMOR])
@example(value=TUMOR | {"mean": TUMOR["mean"] | {"radius": HUGE}})
@example(value=TUMOR | {"mean": TUMOR["mean"] | {"radius": 1e308}})
@example(value=[])
def test_a_linear_model_answers_and_refuses_as_the_doors_do(tumor: Model, tumor_doors: Both, value: Json) -> None:
    """Valid or not: the same answer, the same findings."""
    assert outcome(tumor, value) == at_the_doors(tumor_doors, value)


@many
@given(data=st.data())
def test_so_does_one_with_categories_and_nulls(pear: Model, fruit_doors: Both, data: st.DataObject) -> None:
    """Values near the signature's, of every type."""
    row = instances(pear.signature)
    value = data.draw(row | st.lists(row, max_size=4) | nearly(APPLE))
    assert outcome(pear, value) == at_the_doors(fruit_doors, value)


@pytest.mark.parametrize("policy", ["warn", "reject"])
@pytest.mark.parametrize("name", ["fruit", "price"])
def test_under_either_policy_and_for_either_task(store: Path, name: str, policy: Any) -> None:
    """A regression, and values that training never saw."""
    model = open_model(store, name, out_of_range=policy)
    with open_both(Service.open(Settings(artifacts=store, model=name, out_of_range=policy))) as doors:
        odd = {"weight": 1e4, "skin": {"colour": "green"}}
        for value in (APPLE, odd, [APPLE, odd], [odd] * 150):
            assert outcome(model, value) == at_the_doors(doors, value)
        assert json.loads(json.dumps(model.schema)) == doors.send("GET", "/schema").json()


def test_explanations_are_those_of_the_doors(tumor: Model, tumor_doors: Both, pear: Model, fruit_doors: Both) -> None:
    """Of an instance, of a list, of a named class, and of the greatest contributions."""
    for model, doors, row in ((tumor, tumor_doors, TUMOR), (pear, fruit_doors, APPLE)):
        assert model.classes is not None
        label = model.classes[0]
        asked: dict[str, dict[str, Any]] = {"": {}, "?top=2": {"top": 2}, f"?class={label}": {"class_": label}}
        for query, arguments in asked.items():
            for value in (row, [row, row]):
                answer = doors.send("POST", f"/explain{query}", json.dumps(value).encode(), JSON_TYPE)
                assert (answer.status, answer.json()) == (200, model.explain(value, **arguments))


@pytest.mark.parametrize(("asked", "detail"), [({"class_": "no"}, "class_ must be one of"), ({"top": 0}, "at least 1")])
def test_an_explanation_that_cannot_be_given_is_told(tumor: Model, asked: dict[str, Any], detail: str) -> None:
    with pytest.raises(AskedWrongly, match=detail):
        tumor.explain(TUMOR, **asked)


def test_a_frame_gets_an_explanation_for_each_row(pear: Model) -> None:
    """The object of each row's answer beside the columns of its prediction."""
    frame = pd.json_normalize([APPLE] * 2)
    explained = pear.explain(frame, top=1)
    assert [*explained.columns] == [*pear.predict(frame).columns[:-1], "explanation", "warnings"]
    assert [len(item["contributions"]) for item in explained["explanation"]] == [1, 1]


def test_a_value_without_an_answer_is_refused_as_at_the_doors(tmp_path: Path) -> None:
    """Both where the pipeline raises and where it gives an infinity."""
    fruit.registered(fruit.PRICE, tmp_path)
    Registry(tmp_path, "price").promote(1)
    model = open_model(tmp_path)
    huge = APPLE | {"weight": 1.7e308}
    with open_both(Service.open(Settings(artifacts=tmp_path, model="price"))) as doors:
        for value in (huge, [APPLE, huge]):
            assert outcome(model, value) == at_the_doors(doors, value)


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (float("nan"), "Must be a finite number; None is a missing one."),
        (float("inf"), "Must be a finite number; None is a missing one."),
        (np.float64(1.0), "Must be a JSON value, and is of the type float64. Its item() gives one."),
        (np.int64(1), "Must be a JSON value, and is of the type int64. Its item() gives one."),
        (np.bool_(1), "Must be a JSON value, and is of the type bool. Its item() gives one."),
        (pd.Timestamp(0), "Must be a JSON value, and is of the type Timestamp. Its isoformat() gives one."),
        (b"1", "Must be a JSON value, and is of the type bytes."),
        ({1: 2}, "Each key must be text."),
        ("\ud800", "Must be text that UTF-8 can hold."),
    ],
)
def test_what_json_cannot_hold_is_refused_in_its_place(tumor: Model, value: object, detail: str) -> None:
    """Before anything else that is wrong, as a door refuses such a body before it looks at its fields."""
    wrong = {"mean": TUMOR["mean"] | {"radius": value}, "unknown": 1}
    with pytest.raises(InvalidInput) as caught:
        tumor.predict([TUMOR, wrong])
    assert caught.value.errors == [{"pointer": "/1/mean/radius", "code": "not-json", "detail": detail}]
    assert caught.value.total == 1


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (pd.Series(APPLE), "of the type Series. Its to_dict() gives one."),
        (pd.DataFrame([APPLE]).to_numpy(), "of the type ndarray. Its tolist() gives one."),
    ],
)
def test_a_row_of_pandas_or_numpy_is_told_what_makes_an_instance_of_it(pear: Model, value: Any, advice: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        pear.predict(value)
    assert caught.value.errors[0]["detail"].endswith(advice)


def test_nan_is_not_taken_for_null(pear: Model) -> None:
    """Not even where null is allowed."""
    with pytest.raises(InvalidInput):
        pear.predict({"weight": 150.0, "skin": {"colour": "red", "spots": float("nan")}})


def test_mappings_tuples_and_enumerations_of_text_are_what_json_makes_of_them(pear: Model) -> None:
    """As `json.dumps` would write them."""

    class Colour(StrEnum):
        RED = "red"

    odd = MappingProxyType(APPLE | {"skin": {"colour": Colour.RED, "spots": 3}})
    assert pear.predict(odd) == pear.predict(APPLE)
    assert pear.predict((odd, APPLE)) == pear.predict([APPLE, APPLE])
    wrong = APPLE | {"unknown": Colour.RED, "skin": APPLE["skin"] | {"unknown": Colour.RED}}
    nested = APPLE | {"skin": MappingProxyType(wrong["skin"])}
    for value in (MappingProxyType(wrong), nested):
        assert outcome(pear, value) == outcome(pear, json.loads(json.dumps(dict(value), default=dict)))
        assert outcome(pear, value)[0] == 422


def test_the_caller_s_value_is_not_changed(tumor: Model) -> None:
    """Nor is it when it is refused."""
    wrong = TUMOR | {f"unknown {number}": number for number in range(300)}
    before = deepcopy(wrong)
    with pytest.raises(InvalidInput):
        tumor.predict(wrong)
    assert wrong == before


def test_a_value_that_contains_itself_is_too_deep(tumor: Model) -> None:
    """It ends as any nesting does that is too deep."""
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    with pytest.raises(InvalidInput) as caught:
        tumor.predict(loop)
    assert [error["code"] for error in caught.value.errors] == ["depth"]


def test_a_traceback_shows_the_first_findings(tumor: Model) -> None:
    with pytest.raises(InvalidInput) as caught:
        tumor.predict({"mean": {}, "error": 1})
    assert str(caught.value) == "12 errors in the input."
    assert caught.value.__notes__[0] == "/mean/radius: This field is required. [missing]"
    assert caught.value.__notes__[-1] == "..."


def test_a_list_is_limited(artifacts: Path) -> None:
    model = open_model(artifacts, max_batch=2)
    with pytest.raises(InvalidInput, match="1 error"):
        model.predict([TUMOR] * 3)


def test_threads_share_a_model(tumor: Model) -> None:
    expected = tumor.predict(TUMOR)
    seen: list[Any] = []
    threads = [threading.Thread(target=lambda: seen.extend(tumor.predict(TUMOR) for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [expected] * 800


def test_it_says_what_it_is(tumor: Model) -> None:
    assert (tumor.name, tumor.version, list(tumor.classes or ())) == ("tumor", "1", ["benign", "malignant"])
    assert repr(tumor).startswith("<Model tumor version 1, log_loss 0.")
    assert "\n" not in repr(tumor)
    assert len(tumor.signature.features) == 30
    assert tumor.trained is None


def test_a_model_that_was_not_measured_says_so(tmp_path: Path) -> None:
    """One that came without rows has no metrics."""
    line = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    number = twinserve.package(line, None, None, name="line", artifacts=tmp_path)
    assert repr(open_model(tmp_path, version=number)) == "<Model line version 1, rmse not measured>"


def test_the_library_offers_its_names_and_no_others() -> None:
    assert {*twinserve.__all__} <= {*dir(twinserve)}
    for name in twinserve.__all__:
        assert getattr(twinserve, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'explain_all'"):
        twinserve.explain_all  # type: ignore[attr-defined]  # noqa: B018
