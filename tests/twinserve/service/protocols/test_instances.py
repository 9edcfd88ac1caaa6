"""Instances in an envelope: what the native validation reads is read as the closer look reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinserve.service.http.problem import Problem
from twinserve.service.protocols.dialect import Asked, Codec
from twinserve.service.protocols.instances import rows
from twinserve.service.protocols.instances.mlflow import InvocationsCodec
from twinserve.service.protocols.instances.v1 import V1Codec
from twinserve.testing.fakes import FakePredictor, car, opened, settings_of

JSON = Asked(header={"content-type": "application/json"}.get)
MADE = opened(FakePredictor()), "1", settings_of()
CODECS: Mapping[str, Codec] = {"v1": V1Codec(*MADE), "mlflow": InvocationsCodec(*MADE)}
OTHER: Mapping[str, str] = {"v1": "parameters", "mlflow": "params"}


def outcome(codec: Codec, body: bytes) -> Any:
    """The columns of a body and what it asks for, or its problem."""
    try:
        batch = codec.read(body, JSON)
    except Problem as problem:
        return problem.kind, problem.detail, problem.errors
    columns = batch.columns
    signs = np.signbit(columns.matrix).tolist()
    return repr(columns.matrix.tolist()), signs, dict(columns.unseen), columns.texts, batch.asks.form, batch.is_array


def closely(codec: Codec, body: bytes) -> Any:
    """The same, by the closer look alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "members_of", lambda _: None)
        return outcome(codec, body)


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [0, -0.0, 1, 1.5, True, None, "red", "a:b", float("nan"), [], {}, [1, 2], 2**60]
)


@st.composite
def bodies(draw: st.DrawFn, other: str) -> bytes:
    """Envelopes, most of them valid."""
    instances: list[Any] = [json.loads(json.dumps(car())) for _ in range(draw(st.integers(0, 3)))]
    for _ in range(draw(st.integers(0, 2)) if instances else 0):
        place = draw(st.integers(0, len(instances) - 1))
        instances[place] = draw(
            st.sampled_from([[1.0], {}, 1, None])
            | st.fixed_dictionaries({}, optional=dict.fromkeys((*car(), "more"), VALUES)).map(lambda new: car(**new))
        )
    name = draw(st.sampled_from(["instances", "instances", "inputs", "dataframe_records"]))
    members = {name: instances} | draw(
        st.fixed_dictionaries(
            {}, optional={other: st.sampled_from([None, {}, {"details": True}, {"details": 1}, 3]), "x": VALUES}
        )
    )
    text = json.dumps(members)
    for old, new in draw(
        st.lists(
            st.sampled_from(
                [
                    (f'"{name}":', f'"{name}": [], "{name}":'),
                    ("[{", " [ {"),
                    ("{", '{"x": 1, "x": 2, '),
                    (": 0", ": -0"),
                    ("]", ""),
                ]
            ),
            max_size=1,
        )
    ):
        text = text.replace(old, new, 1)
    return text.encode()


@pytest.mark.parametrize("name", [*CODECS])
@given(data=st.data())
@settings(deadline=None)
def test_an_envelope_is_read_as_the_closer_look_reads_it(name: str, data: st.DataObject) -> None:
    body = data.draw(bodies(OTHER[name]))
    assert outcome(CODECS[name], body) == closely(CODECS[name], body)


@pytest.mark.parametrize("name", [*CODECS])
def test_valid_objects_need_no_closer_look(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows.Rows, "read", lambda *_: pytest.fail("The rows were looked at."))
    body = json.dumps({"instances": [car(), car()], OTHER[name]: {"details": True}}).encode()
    assert CODECS[name].read(body, JSON).asks.form is True
