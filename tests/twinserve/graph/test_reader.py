"""A graph is read as ONNX Runtime reads it; encodings that protobuf allows and our writer does not use are refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from tests import wire
from tests.hostile import graph, label, trees
from twinserve.graph.check import check_graph
from twinserve.graph.reader import BadGraph, read_graph

MODEL: Sequence[int] = ()
GRAPH, NODE, ATTRIBUTE = (7,), (7, 1), (7, 1, 5)
CONSTANT, INPUT, OUTPUT = (7, 5), (7, 11), (7, 12)
TYPE = (*INPUT, 2)
TENSOR_TYPE = (*TYPE, 1)
SHAPE = (*TENSOR_TYPE, 2)
ROWS = (*SHAPE, 1)
OPSET, METADATA = (8,), (14,)
ONCE = [
    *((MODEL, place) for place in (1, 2, 7, 8, 14)),
    *((GRAPH, place) for place in (2, 5, 11, 12)),
    *((NODE, place) for place in (2, 4, 5, 7)),
    *((ATTRIBUTE, place) for place in (1, 3, 20)),
    *((CONSTANT, place) for place in (2, 8, 9)),
    *((path, place) for path in (INPUT, OUTPUT, OPSET, METADATA) for place in (1, 2)),
    (TYPE, 1),
    *((TENSOR_TYPE, place) for place in (1, 2)),
    (ROWS, 2),
]
NUMBERS = [
    (MODEL, 1), (ATTRIBUTE, 3), (ATTRIBUTE, 20), (CONSTANT, 1), (CONSTANT, 2), (TENSOR_TYPE, 1), (OPSET, 2),
    (MODEL, 7), (NODE, 4), (CONSTANT, 9),
]  # fmt: skip


def content(model: onnx.ModelProto) -> bytes:
    """The bytes of a model file, as a lowering writes it."""
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def picking() -> onnx.ModelProto:
    """A graph that has each kind of message."""
    made = graph([helper.make_node("Gather", ["x", "c"], ["t"], axis=1), label("t")], {"c": [0]})
    made.graph.node[0].domain = ""  # It stands in the file now.
    helper.set_model_props(made, {"key": "{}"})
    return made


def refused(data: bytes) -> str:
    """The sentence of the refusal; protobuf itself must accept the bytes."""
    onnx.ModelProto().ParseFromString(data)
    with pytest.raises(BadGraph) as raised:
        check_graph(data)
    return raised.value.reason


def changed(path: Sequence[int], change: wire.Change) -> bytes:
    """The graph `picking` with one message changed."""
    made = content(picking())
    anew = wire.inside(path, change)(made)
    assert anew != made
    return anew


def replaced(old: bytes, new: bytes) -> wire.Change:
    """Replace one field of a message."""

    def change(message: bytes) -> bytes:
        assert message.count(old) == 1
        return message.replace(old, new)

    return change


def test_the_graphs_of_these_tests_are_taken() -> None:
    """The unchanged graphs are accepted, and rewriting their messages changes nothing."""
    made = content(picking())
    assert wire.inside(ROWS, lambda message: message)(made) == made
    check_graph(made)
    check_graph(content(trees()))


@pytest.mark.parametrize(("path", "place"), ONCE)
def test_nothing_stands_there_twice(path: Sequence[int], place: int) -> None:
    """Repeated single fields are refused: protobuf takes the last or merges them, ONNX Runtime may take the first
    name."""
    assert refused(changed(path, wire.twice(place))) in {
        "has parts that none of ours has", "has a name twice", "uses Gather as none of ours does",
    }  # fmt: skip


@pytest.mark.parametrize("path", [MODEL, GRAPH, NODE, ATTRIBUTE, CONSTANT, INPUT, TENSOR_TYPE, OPSET, METADATA])
def test_fields_in_another_order_are_refused(path: Sequence[int]) -> None:
    assert refused(changed(path, wire.turned)) == "has parts that none of ours has"


@pytest.mark.parametrize(("path", "place"), NUMBERS)
def test_a_number_in_more_bytes_than_it_needs_is_refused(path: Sequence[int], place: int) -> None:
    assert refused(changed(path, wire.longer(place))) == "is damaged"


@pytest.mark.parametrize("path", [MODEL, GRAPH, NODE, ATTRIBUTE, CONSTANT, INPUT, TYPE, SHAPE, ROWS, OPSET, METADATA])
@pytest.mark.parametrize(
    "unknown", [wire.field(100, b""), b"\xa0\x06\x00", b"\xa5\x06" + bytes(4), b"\xa3\x06\xa4\x06"]
)
def test_unknown_fields_and_groups_are_refused(path: Sequence[int], unknown: bytes) -> None:
    reason = refused(changed(path, lambda message: message + unknown))
    assert reason in {"has parts that none of ours has", "is damaged"}


def test_the_last_of_two_numbers_is_no_secret() -> None:
    """Two numbers in a field are refused: readers differ in which one they take."""
    data = changed(ATTRIBUTE, replaced(b"\x18\x01", b"\x18\x01\x18\x00"))
    assert onnx.ModelProto.FromString(data).graph.node[0].attribute[0].i == 0
    assert refused(data) == "has parts that none of ours has"


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message + b"\x40\x07",
        lambda message: b"\x40\x07" + message,
        replaced(b"\xa0\x01\x07", b"\x42\x01\x07\xa0\x01\x07"),
        replaced(b"\x40\x00\x40\x01\x40\x00", wire.field(8, b"\x00\x01\x00")),
    ],
    ids=["behind", "before", "packed as well", "packed"],
)
def test_a_list_stands_in_one_place_and_is_not_packed(change: wire.Change) -> None:
    data = wire.inside(ATTRIBUTE, change)(content(trees()))
    assert len(onnx.ModelProto.FromString(data).graph.node[0].attribute[0].ints) >= 3
    assert refused(data) == "has parts that none of ours has"


@pytest.mark.parametrize("name", [b"c\xff", b"c\xc3\xa9", b"c ", b"c\x00", b"c\n"])
def test_names_are_plain(name: bytes) -> None:
    """Names that are not UTF-8 are refused: readers that replace bytes would confuse them."""
    made = content(picking())
    data = wire.inside(NODE, replaced(wire.field(1, b"c"), wire.field(1, name)))(made)
    assert refused(data) == "has names that none of ours has"
    for path, place in ((CONSTANT, 8), (INPUT, 1), (OUTPUT, 1), (ATTRIBUTE, 1), (NODE, 4), (NODE, 7), (METADATA, 1)):
        old = next(part.raw for part in wire.parts(_message(made, path)) if part.number == place)
        assert refused(changed(path, replaced(old, wire.field(place, name)))) == "has names that none of ours has"


def _message(data: bytes, path: Sequence[int]) -> bytes:
    for place in path:
        data = next(part.content for part in wire.parts(data) if part.number == place)
    return data


@pytest.mark.parametrize(("path", "place"), [(CONSTANT, 8), (INPUT, 1), (OUTPUT, 1), (ATTRIBUTE, 1), (METADATA, 1)])
def test_what_is_named_has_a_name(path: Sequence[int], place: int) -> None:
    """Empty names are refused: they stand for missing inputs."""
    old = next(part.raw for part in wire.parts(_message(content(picking()), path)) if part.number == place)
    assert refused(changed(path, replaced(old, b""))) == "has names that none of ours has"


@pytest.mark.parametrize(
    "change",
    [
        lambda tensor: tensor.double_data.append(1.0),
        lambda tensor: tensor.int64_data.append(1),
        lambda tensor: tensor.float_data.append(1.0),
        lambda tensor: tensor.int32_data.append(1),
        lambda tensor: tensor.string_data.append(b"1"),
        lambda tensor: tensor.uint64_data.append(1),
        lambda tensor: tensor.ClearField("raw_data"),
        lambda tensor: tensor.dims.append(-1),
        lambda tensor: tensor.dims.extend([2**62, 4]),
        lambda tensor: tensor.segment.SetInParent(),
    ],
)
def test_a_constant_has_its_bytes_and_nothing_else(change: wire.Change) -> None:
    made = picking()
    change(made.graph.initializer[0])
    refused(content(made))


@pytest.mark.parametrize(
    "attribute",
    [
        AttributeProto(name="axis", i=1),
        AttributeProto(name="axis", i=1, type=AttributeProto.INTS),
        AttributeProto(name="axis", i=1, ints=[0], type=AttributeProto.INT),
        AttributeProto(name="axis", type=AttributeProto.INT),
        AttributeProto(name="axis", i=1, t=numpy_helper.from_array(np.zeros(1), "t"), type=AttributeProto.INT),
    ],
    ids=str,
)
def test_an_attribute_is_what_it_says(attribute: AttributeProto) -> None:
    """An attribute must have the value of its declared type, which ONNX Runtime uses."""
    made = picking()
    made.graph.node[0].attribute[0].CopyFrom(attribute)
    assert refused(content(made)) == "has an attribute that is not what it says"


def test_an_attribute_of_another_type_is_refused() -> None:
    """For a wrong type ONNX Runtime may use its default value."""
    made = picking()
    made.graph.node[0].attribute[0].CopyFrom(helper.make_attribute("axis", [1]))
    assert refused(content(made)) == "uses Gather as none of ours does"


def test_a_constant_is_no_input_s_default() -> None:
    made = picking()
    made.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1)), "x"))
    assert refused(content(made)) == "has a name twice"


def test_a_name_with_a_domain_in_it_is_no_other_domain_s() -> None:
    made = trees()
    made.graph.node[0].domain, made.graph.node[0].op_type = "ai.onnx", "ml.TreeEnsemble"
    assert refused(content(made)) == "has parts that none of ours has"


def test_an_axis_has_a_length_or_is_the_rows() -> None:
    for rows, columns in (("m", 1), ("n", "n"), ("n", None), (None, 1)):
        made = picking()
        made.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.DOUBLE, [rows, columns]))
        refused(content(made))
    both = changed(ROWS, lambda message: b"\x08\x01" + message)
    assert refused(both) == "has an axis that none of ours has"


@pytest.mark.parametrize("version", [3, 9, 11, 2**32 + 10, -1])
def test_another_version_of_the_format_is_refused(version: int) -> None:
    made = picking()
    made.ir_version = version
    assert refused(content(made)) == "is written in another version of the format than ours are"


def test_what_is_read_is_what_was_written() -> None:
    graph = read_graph(content(picking()))
    assert graph.inputs == {"x": (-1, 3)}
    assert graph.constants["c"].values.tolist() == [0]
    assert [(node.kind, [*node.inputs], dict(node.types)) for node in graph.nodes] == [
        ("Gather", ["x", "c"], {"axis": 2}),
        ("ArgMax", ["t"], {"axis": 2, "keepdims": 2}),
    ]
