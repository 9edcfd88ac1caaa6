"""Both clients at a service in this process: every question, and the answers as the contract has them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import fruit
from tests.twinserve.client.conftest import Blocking, Open
from twinserve import open_model
from twinserve.client import (
    AskedWrongly,
    Finding,
    InvalidInput,
    InvalidParameter,
    NotFound,
    Problem,
)
from twinserve.service.service import Service

PEAR: dict[str, Any] = {"weight": 171.5, "skin": {"colour": "red", "spots": None}}
FAR: dict[str, Any] = {"weight": 1000.0, "skin": {"colour": "red", "spots": None}}


def orchard(rows: int = 30) -> pd.DataFrame:
    """Rows of the training table with an index of their own."""
    return fruit.table(rows).features.set_axis([f"tree {row}" for row in range(rows)])


def test_an_instance_and_a_list_get_the_answers_of_the_contract(client: Blocking, fruit_store: Path) -> None:
    """Those that a model in this process gives."""
    model = open_model(fruit_store, "fruit")
    assert client.predict(PEAR) == model.predict(PEAR)
    assert client.predict([PEAR, FAR]) == model.predict([PEAR, FAR])
    assert client.predict((PEAR, FAR)) == model.predict([PEAR, FAR])
    assert client.predict(PEAR, coverage=0.9) == model.predict(PEAR, coverage=0.9)
    assert client.explain(PEAR, class_="pear", top=1) == model.explain(PEAR, class_="pear", top=1)


def test_a_list_longer_than_a_batch_is_answered_in_parts(client: Blocking, fruit_store: Path) -> None:
    """The pointers of warnings count from the first of all."""
    instances = [FAR if number % 40 == 7 else PEAR for number in range(130)]
    answer = client.predict(instances)
    assert answer == open_model(fruit_store, "fruit").predict(instances)
    pointers = [warning["pointer"] for one in answer["predictions"] for warning in one["warnings"]]
    assert pointers == ["/7/weight", "/47/weight", "/87/weight", "/127/weight"]
    explained = client.explain(instances)["predictions"]
    assert len(explained) == 130
    assert all("explanation" in one for one in explained)


def test_a_frame_gets_the_frame_that_a_model_in_this_process_gives(client: Blocking, fruit_store: Path) -> None:
    """With its index; columns in any order, NaN is null."""
    frame = orchard(130)[["skin.spots", "weight", "skin.colour"]].assign(weight=lambda table: table["weight"] * 1.2)
    model = open_model(fruit_store, "fruit")
    for ask in ("predict", "explain"):
        answer = getattr(client, ask)(frame)
        pd.testing.assert_frame_equal(answer, getattr(model, ask)(frame))
        assert answer.attrs == {"model": "fruit", "version": "1", "versions": ["1"]}
    covered = client.predict(frame, coverage=0.9)
    pd.testing.assert_frame_equal(covered, model.predict(frame, coverage=0.9))


def test_another_model_is_asked_below_its_name(opened: Open, service: Service) -> None:
    client = opened(service, model="price")
    answer = client.predict(orchard(3), coverage=0.8)
    assert list(answer.columns) == ["value", "low", "high", "warnings"]
    assert (client.model()["name"], client.schema()["title"]) == ("price", "Instance")
    assert client.card().startswith("# Model card: price")
    assert client.openapi()["openapi"].startswith("3.1")
    with pytest.raises(NotFound):
        opened(service, model="plum/../fruit").model()


def test_the_service_is_described(client: Blocking) -> None:
    assert client.model()["classes"] == ["apple", "pear"]
    assert [one["name"] for one in client.models()] == ["fruit", "price"]
    assert "weight" in client.schema()["properties"]
    assert (client.health()["status"], client.ready()) == ("ready", True)


def test_findings_name_column_and_row_of_the_caller_s_frame(client: Blocking) -> None:
    """By the frame's own index and by position, in whichever request the row went."""
    frame = orchard(130).astype({"weight": object})
    frame.iloc[7, 0], frame.iloc[120, 1] = "heavy", "blue"
    with pytest.raises(InvalidInput) as caught:
        client.predict(frame)
    assert caught.value.findings == (
        Finding("/7/weight", "type", "Must be a number.", "weight", 7, "tree 7"),
        Finding("/120/skin/colour", "enumeration", 'Must be one of "green", "red".', "skin.colour", 120, "tree 120"),
    )
    assert (caught.value.total, caught.value.is_exact, caught.value.status) == (2, True, 422)
    assert str(caught.value).splitlines() == [
        "2 errors in the input.",
        "  column 'weight', row 'tree 7' (position 7): Must be a number. [type]",
        "  column 'skin.colour', row 'tree 120' (position 120): Must be one of \"green\", \"red\". [enumeration]",
    ]


def test_columns_are_checked_before_anything_is_sent(client: Blocking) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.predict(orchard().drop(columns="weight").assign(other=1))
    assert [(one.column, one.row, one.code) for one in caught.value.findings] == [
        ("weight", None, "missing"),
        ("other", None, "unknown"),
    ]
    assert (caught.value.status, caught.value.request_id) == (None, None)


def test_the_errors_of_many_rows_are_counted(client: Blocking) -> None:
    """A hundred are listed, and the parts after them are not asked."""
    with pytest.raises(InvalidInput) as caught:
        client.predict(orchard(1000).assign(weight=-1.0))
    assert len(caught.value.findings) == 100
    assert 100 <= caught.value.total < 1000
    assert not caught.value.is_exact


def test_the_errors_of_plain_values_name_field_and_row(client: Blocking) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.predict([PEAR, {"weight": 1, "skin": {"colour": "blue"}}])
    assert [(one.column, one.row, one.pointer) for one in caught.value.findings] == [
        ("skin.colour", 1, "/1/skin/colour")
    ]
    with pytest.raises(InvalidInput) as caught:
        client.predict({"weight": 1})
    assert [(one.column, one.row, one.pointer) for one in caught.value.findings] == [("skin", None, "/skin")]


@pytest.mark.parametrize("value", [float("nan"), b"x", {1}, "\ud800"])
def test_what_json_cannot_hold_is_named_and_not_sent(client: Blocking, value: Any) -> None:
    for given, place in ((PEAR | {"weight": value}, "/weight"), ([PEAR, PEAR | {"weight": value}], "/1/weight")):
        with pytest.raises(InvalidInput) as caught:
            client.predict(given)
        assert [(one.pointer, one.code, one.column) for one in caught.value.findings] == [(place, "not-json", "weight")]


def test_an_infinite_cell_is_named_by_the_frame_s_row(client: Blocking) -> None:
    frame = orchard(130)
    frame.iloc[77, 0] = float("inf")
    with pytest.raises(InvalidInput, match=r"column 'weight', row 'tree 77' \(position 77\)"):
        client.predict(frame)


def test_an_empty_frame_is_refused_as_an_empty_list_is(client: Blocking) -> None:
    empty: tuple[Any, ...] = ([], orchard(0))
    for nothing in empty:
        with pytest.raises(InvalidInput) as caught:
            client.predict(nothing)
        assert [(one.code, one.pointer, one.column, one.row) for one in caught.value.findings] == [
            ("length", "", None, None)
        ]


@pytest.mark.parametrize("asked", ["text", b"bytes", 1, None, {1, 2}])
def test_what_is_no_input_is_refused(client: Blocking, asked: Any) -> None:
    with pytest.raises(AskedWrongly, match="Give an instance"):
        client.predict(asked)


def test_a_parameter_that_cannot_be_given_is_named(client: Blocking) -> None:
    with pytest.raises(InvalidParameter, match="coverage") as caught:
        client.predict(PEAR, coverage=0.9999)
    assert caught.value.errors[0]["parameter"] == "coverage"
    for wrong in ("much", float("nan")):
        with pytest.raises(AskedWrongly, match="coverage"):
            client.predict(PEAR, coverage=wrong)


def test_a_request_has_the_id_that_the_caller_gives(client: Blocking) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.predict({}, request_id="order-17")
    assert caught.value.request_id == "order-17"
    with pytest.raises(AskedWrongly, match="request_id"):
        client.predict(PEAR, request_id="order 17")


def test_an_error_survives_a_pickle(client: Blocking) -> None:
    """As that of a process pool does."""
    with pytest.raises(InvalidInput) as caught:
        client.predict({})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.findings, again.facts) == (str(caught.value), caught.value.findings, caught.value.facts)
    with pytest.raises(Problem) as other:
        client.predict(PEAR, coverage=0.9999)
    assert str(pickle.loads(pickle.dumps(other.value))) == str(other.value)
