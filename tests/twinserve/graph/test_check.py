"""A graph that no lowering could have made is refused before ONNX Runtime loads it, even with a correct digest."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from harness import ROOT
from tests import hostile
from tests.hostile import graph, label, trees
from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.graph import reader
from twinserve.graph.check import check_graph
from twinserve.graph.reader import BadGraph
from twinserve.graph.shapes import OPERATORS, TREES
from twinserve.predict.runtime import session
from twinserve.store.artifact import Trust, open_version

SPLITS = numpy_helper.from_array(np.zeros(1), "splits")

Make = Callable[[], onnx.ModelProto]


def content(model: onnx.ModelProto) -> bytes:
    """The bytes of a model file, as a lowering writes it."""
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def refused(data: bytes) -> str:
    """The sentence of the refusal."""
    with pytest.raises(BadGraph) as raised:
        check_graph(data)
    return str(raised.value)


def one_node(kind: str, *inputs: str, domain: str = "", **attributes: Any) -> onnx.ModelProto:
    """A graph of one operation and our output."""
    return graph([helper.make_node(kind, inputs, ["t"], domain=domain, **attributes), label("t")])


# ---- what our lowerings make -----------------------------------------------------------------------------------------


def test_what_the_lowerings_emit_is_what_is_allowed() -> None:
    """The allowed operations are exactly those in the sources of the lowerings; each test of a lowering checks its
    graph, too."""
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "twinserve" / "compile").rglob("*.py")))
    emitted = set(re.findall(r"\bop\(\s*\"(\w+)\"", sources))
    assert {kind.rpartition(".")[2] for kind in OPERATORS} >= emitted
    assert {kind for kind in OPERATORS if f'"{kind.rpartition(".")[2]}"' not in sources} == set()


def test_the_small_graphs_of_these_tests_are_taken() -> None:
    """The unchanged graphs are accepted, so each refusal below has its own reason."""
    check_graph(content(graph([label("x")])))
    check_graph(content(trees()))
    check_graph(content(one_node("Tanh", "x")))


def test_a_graph_is_looked_at_in_no_time() -> None:
    """A tree of 100,000 splits is checked without copying its million numbers."""
    data = content(hostile.deep_tree(bounds.TREE_DEPTH - 1))
    check_graph(data)
    assert len(data) > 100_000


# ---- what asks for too much ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (hostile.external_data, "keeps numbers in another file"),
        (hostile.external_attribute, "keeps numbers in another file"),
        (hostile.endless, "has a graph inside of an operation"),
        (hostile.function, "defines operations of its own"),
        (hostile.bomb, "has an operation that none of ours has ('ConstantOfShape')"),
        (hostile.spread, "repeats something that is no row"),
        (hostile.outer_product, "makes more numbers of a row than it has bytes"),
        (hostile.doubled, "makes more numbers of a row than it has bytes"),
        (hostile.sized_by_a_value, "has a size that depends on what it is given"),
        (hostile.deep_tree, "has trees that go in circles or too deep"),
        (lambda: trees(nodes_truenodeids=[0, 0]), "has trees that go in circles or too deep"),
        (lambda: trees(tree_roots=[0, 0]), "has trees that go in circles or too deep"),
        (lambda: trees(nodes_truenodeids=[1, 3]), "has trees that lead to what is not there"),
        (lambda: trees(nodes_falsenodeids=[-1, 1]), "has trees that lead to what is not there"),
        (lambda: trees(nodes_featureids=[0, 3]), "has trees that lead to what is not there"),
        (lambda: trees(leaf_targetids=[0, 1, 2]), "has trees that lead to what is not there"),
        (lambda: trees(tree_roots=[2]), "has trees that lead to what is not there"),
        (lambda: trees(nodes_trueleafs=[0]), "has trees whose lists do not fit"),
        (lambda: trees(nodes_splits=SPLITS), "has trees whose lists do not fit"),
        (lambda: trees(nodes_missing_value_tracks_true=[1]), "has trees whose lists do not fit"),
        (lambda: trees(n_targets=2**40), "has trees that none of ours has"),
        (lambda: one_node("Expand", "x", "x"), "has a size that depends on what it is given"),
        (lambda: one_node("If", "x"), "has an operation that none of ours has ('If')"),
        (lambda: one_node("Tanh", "x", domain="com.microsoft"), "none of ours has ('com.microsoft.Tanh')"),
        (lambda: one_node("Tanh", "x", mode=1), "uses Tanh as none of ours does"),
        (lambda: one_node("Tanh", "y"), "computes with something that is not there"),
        (lambda: one_node("MatMul", "x", "x"), "multiplies what does not fit"),
        (lambda: one_node("Concat", "x", "x", axis=0), "puts together what does not fit"),
        (lambda: one_node("Concat", "x", "x", axis=2), "names an axis that is not there"),
        (lambda: one_node("Shape", "x"), "asks for a shape as none of ours does"),
        (lambda: graph([]), "computes with something that is not there"),
        (lambda: graph([label("x")], output="value"), "computes with something that is not there"),
        (lambda: graph([label("x"), label("x")]), "has a tensor that none of ours has"),
        (lambda: graph([label("x")], {"c": np.zeros((1,) * 5)}), "has a constant of a kind that none of ours has"),
        (lambda: graph([label("x")] * (bounds.GRAPH_NODES + 1)), "has more than 20000 operations and constants"),
        (lambda: graph([label("x")], width=bounds.GRAPH_ROW + 1), "makes more numbers of a row than it has bytes"),
    ],
)  # fmt: skip
def test_what_no_lowering_makes_is_refused_with_its_reason(make: Make, reason: str) -> None:
    assert reason in refused(content(make()))


@pytest.mark.parametrize("kind", ["ReduceMax", "ReduceMin", "ArgMax", "MatMul"])
def test_a_large_constant_is_not_gone_through_again_and_again(kind: str) -> None:
    """Many operations on a large constant are checked in linear time."""
    given = {"c": np.zeros((1, 100_000)), "d": np.zeros((100_000, 1)), "axes": np.array([1])}
    more = {"MatMul": ["d"], "ArgMax": []}.get(kind, ["axes"])
    attributes: dict[str, Any] = {"axis": 1, "keepdims": 0} if kind == "ArgMax" else {}
    nodes = [helper.make_node(kind, ["c", *more], [f"t{turn}"], **attributes) for turn in range(2_000)]
    check_graph(content(graph([*nodes[:20], label("x")], given)))
    assert "computes more for a row than its size allows" in refused(content(graph([*nodes, label("x")], given)))


@pytest.mark.parametrize(("kind", "inputs"), [("Gather", 1), ("Reshape", 1), ("MatMul", 3), ("Tanh", 0), ("Where", 2)])
def test_each_operation_has_as_many_inputs_as_ours(kind: str, inputs: int) -> None:
    assert f"uses {kind} as none of ours does" in refused(content(one_node(kind, *["x"] * inputs)))


def test_a_tree_asks_as_ours_do() -> None:
    """Comparison modes that only ONNX Runtime knows are refused."""
    modes = numpy_helper.from_array(np.full(2, 7, np.uint8), "modes")
    assert "has trees that none of ours has" in refused(content(trees(nodes_modes=modes)))


def test_numbers_are_made_of_no_other_kind_than_ours() -> None:
    assert "of a kind that none of ours has" in refused(content(one_node("Cast", "x", to=TensorProto.STRING)))


def test_a_constant_that_holds_less_than_it_says_is_refused() -> None:
    short = TensorProto(name="c", data_type=TensorProto.DOUBLE, dims=[200_000_000], raw_data=b"12345678")
    assert "of another size than its numbers" in refused(content(graph([label("x")], made=[short])))


def test_another_version_of_the_operators_is_refused() -> None:
    model = graph([label("x")])
    model.opset_import[0].version = 13
    assert "other operators' versions" in refused(content(model))


@pytest.mark.parametrize(
    ("field", "reason"), [(b"\x72\x00", "has more than 500000 parts"), (b"\x12\x00", "has parts that none of ours has")]
)
def test_empty_parts_without_an_end_are_refused(field: bytes, reason: str) -> None:
    """Very many empty parts are refused: two bytes each in the file, a hundred in memory."""
    assert reason in refused(content(graph([label("x")])) + field * 1_000_000)


def test_what_is_beside_the_graph_is_bounded_as_well() -> None:
    """The metadata, which is parsed as JSON, is limited, too."""
    model = graph([label("x")])
    helper.set_model_props(model, {"twinserve.words": " " * bounds.GRAPH_METADATA})
    assert "bytes beside its graph" in refused(content(model))


def test_lists_without_an_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long lists are refused: a number of one byte takes eight in memory."""
    monkeypatch.setattr(reader, "GRAPH_NUMBERS", 15)
    assert "lists more than 15 numbers" in refused(content(trees()))


def test_a_refusal_costs_no_memory() -> None:
    """Refusing files that ask for a hundred gigabytes takes little memory."""
    files = [content(make()) for make in (hostile.bomb, hostile.spread, hostile.outer_product, hostile.doubled)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in files:
        refused(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000


@given(st.data())
def test_whatever_the_bytes_are_there_is_an_answer(data: st.DataObject) -> None:
    """Random changes of a valid file are accepted or refused; no other exception is raised."""
    changed = bytearray(content(data.draw(st.sampled_from([trees(), graph([label("x")])]))))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        check_graph(bytes(changed))
    except BadGraph as error:
        assert str(error).endswith("; restore the artifact or train again.")  # noqa: PT017  # It need not be raised.


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_answered(data: bytes) -> None:
    with pytest.raises(BadGraph):
        check_graph(data)


def test_the_name_of_a_tree_is_the_library_s() -> None:
    """An operation is allowed by its domain and name together."""
    assert TREES == "ai.onnx.ml.TreeEnsemble"
    assert "TreeEnsemble" in refused(content(one_node("TreeEnsemble", "x")))


# ---- a version that holds one ----------------------------------------------------------------------------------------


def test_a_file_of_the_working_directory_is_never_read(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """External data is refused; ONNX Runtime alone would read the file."""
    (tmp_path / hostile.SECRET_FILE).write_bytes(hostile.SECRET)
    monkeypatch.chdir(tmp_path)
    hostile.with_graph(version, hostile.external_data())
    with pytest.raises(ArtifactRefused, match="keeps numbers in another file"):
        open_version(version, Trust())
    with pytest.raises(Exception, match="External data path validation failed"):
        session(content(hostile.external_data()))
