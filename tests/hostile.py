"""Artifacts that an attacker with write access to a store may make: correct digests, hostile contents."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import pandas as pd
import skops.io
from onnx import NodeProto, TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from twinserve.graph.check import OPSETS
from twinserve.signature import Signature
from twinserve.store import manifest

DOUBLE: Final = TensorProto.DOUBLE
SPARSE: Final = 2 * 1024**3
"""Bytes of a file that takes none of the disk."""
SECRET: Final = b"0123456789abcdef"
"""What a file below the working directory holds."""
SECRET_FILE: Final = "seal.key"

Damage = Callable[[Path], object]


def reseal(folder: Path, **changes: Any) -> None:
    """Write the manifest again, with correct digests and changed facts."""
    facts = json.loads((folder / "manifest.json").read_text())
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    files = {name: manifest.digest((folder / name).read_bytes()) for name in names if name != "manifest.json"}
    anew = facts | {"files": files, "own_digest": manifest.UNSET} | changes
    (folder / "manifest.json").write_bytes(manifest.with_own_digest(json.dumps(anew).encode()))


# ---- files -----------------------------------------------------------------------------------------------------------


def sparse_file(folder: Path) -> None:
    """A golden file of two gigabytes, read before its digest is known."""
    os.truncate(folder / "golden.json", SPARSE)


def sparse_card(folder: Path) -> None:
    """A card of two gigabytes, a file that serving does not need."""
    os.truncate(folder / "card.html", SPARSE)


def sparse_manifest(folder: Path) -> None:
    """A manifest of two gigabytes, the first file that is read."""
    os.truncate(folder / "manifest.json", SPARSE)


def many_files(folder: Path) -> None:
    """Very many files."""
    for number in range(1_200):
        (folder / f"{number}").touch()


def deep_folders(folder: Path) -> None:
    """Deeply nested folders."""
    (folder / "/".join("abcdefgh")).mkdir(parents=True)


def many_parts(folder: Path) -> None:
    """Very many empty objects, which are small in a file."""
    (folder / "golden.json").write_text(f"[{','.join(['{}'] * 1_000_000)}]")
    reseal(folder)


def many_features(folder: Path) -> None:
    """More columns than any table has."""
    features = ",".join(f'{{"path":["f{number}"],"type":"number"}}' for number in range(200_000))
    (folder / "signature.json").write_text(f'{{"features":[{features}],"descriptions":{{}}}}')
    reseal(folder)


def pipe(folder: Path) -> None:
    """A pipe, which blocks whoever opens it."""
    (folder / "golden.json").unlink()
    os.mkfifo(folder / "golden.json")


def link(folder: Path) -> None:
    """A link to the same content elsewhere."""
    (folder / "golden.json").rename(folder.parent / "elsewhere.json")
    (folder / "golden.json").symlink_to(folder.parent / "elsewhere.json")


def linked_folder(folder: Path) -> None:
    """A folder that is a link."""
    (folder / "figures").rename(folder.parent / "elsewhere")
    (folder / "figures").symlink_to(folder.parent / "elsewhere")


# ---- graphs ----------------------------------------------------------------------------------------------------------


def graph(
    nodes: Sequence[NodeProto],
    constants: Mapping[str, Any] | None = None,
    *,
    made: Sequence[TensorProto] = (),
    output: str = "label",
    width: int = 3,
) -> onnx.ModelProto:
    """An ONNX model with our input and one output."""
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    kind = TensorProto.INT64 if output == "label" else DOUBLE
    shape: list[str | int | None] = ["n"] if output == "label" else ["n", 2]
    body = helper.make_graph(
        list(nodes),
        "twinserve",
        [helper.make_tensor_value_info("x", DOUBLE, ["n", width])],
        [helper.make_tensor_value_info(output, kind, shape)],
        [*tensors, *made],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="twinserve")


def label(tensor: str) -> NodeProto:
    """The label output, from a tensor `[n, k]`."""
    return helper.make_node("ArgMax", [tensor], ["label"], axis=1, keepdims=0)


def external_data() -> onnx.ModelProto:
    """A constant that is stored in a file below the working directory."""
    outside = TensorProto(name="c", data_type=DOUBLE, dims=[2], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value=SECRET_FILE)
    return graph([helper.make_node("Mul", ["x", "c"], ["t"]), label("t")], made=[outside], width=2)


def external_attribute() -> onnx.ModelProto:
    """The same in an attribute of an operation."""
    outside = TensorProto(name="splits", data_type=DOUBLE, dims=[2], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value=SECRET_FILE)
    tree = trees()
    for attribute in tree.graph.node[0].attribute:
        if attribute.name == "nodes_splits":
            attribute.t.CopyFrom(outside)
    return tree


def bomb() -> onnx.ModelProto:
    """A few hundred bytes that allocate 1.6 gigabytes when a session is made."""
    huge = helper.make_node("ConstantOfShape", ["many"], ["t"])
    return graph([huge, helper.make_node("ArgMax", ["t"], ["label"], axis=1, keepdims=0)], {"many": [2, 200_000_000]})


def spread() -> onnx.ModelProto:
    """The same by repeating a row."""
    return graph([helper.make_node("Expand", ["one", "many"], ["t"]), label("t")],
                 {"one": [[1.0]], "many": [2, 200_000_000]})  # fmt: skip


def outer_product() -> onnx.ModelProto:
    """The same by multiplying two constants."""
    side = np.ones(20_000)
    nodes = [helper.make_node("Add", ["a", "b"], ["t"]), label("t")]
    return graph(nodes, {"a": side.reshape(-1, 1), "b": side.reshape(1, -1)})


def doubled() -> onnx.ModelProto:
    """The same by concatenating a tensor with itself, thirty times."""
    names = ["x", *(f"t{turn}" for turn in range(30))]
    nodes = [helper.make_node("Concat", [a, a], [b], axis=1) for a, b in pairwise(names)]
    return graph([*nodes, label(names[-1])])


def sized_by_a_value() -> onnx.ModelProto:
    """A tensor whose size is an input value."""
    nodes = [
        helper.make_node("ReduceMax", ["x", "axes"], ["top"], keepdims=1),
        helper.make_node("Reshape", ["top", "flat"], ["number"]),
        helper.make_node("Cast", ["number"], ["sizes"], to=TensorProto.INT64),
        helper.make_node("Expand", ["row", "sizes"], ["t"]),
        label("t"),
    ]
    return graph(nodes, {"axes": [1], "flat": [-1], "row": [[1.0]]})


def endless() -> onnx.ModelProto:
    """A loop whose condition always holds."""
    true = numpy_helper.from_array(np.ones((), bool), "true")
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["on"]), helper.make_node("Identity", ["held"], ["kept"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", DOUBLE, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("kept", DOUBLE, None),
        ],
    )
    nodes = [helper.make_node("Loop", ["", "true", "x"], ["t"], body=body), label("t")]
    return graph(nodes, made=[true])


def function() -> onnx.ModelProto:
    """An operation that the file itself defines."""
    model = graph([helper.make_node("Mine", ["x"], ["t"], domain="mine"), label("t")])
    inner = [helper.make_node("Identity", ["a"], ["b"])]
    model.functions.append(helper.make_function("mine", "Mine", ["a"], ["b"], inner, [helper.make_opsetid("", 21)]))
    return model


def trees(**changes: Any) -> onnx.ModelProto:
    """A tree ensemble, by default of two splits and three leaves."""
    given: dict[str, Any] = {
        "n_targets": 2,
        "tree_roots": [0],
        "nodes_featureids": [0, 1],
        "nodes_splits": numpy_helper.from_array(np.zeros(2), "splits"),
        "nodes_modes": numpy_helper.from_array(np.zeros(2, np.uint8), "modes"),
        "nodes_truenodeids": [1, 0],
        "nodes_trueleafs": [0, 1],
        "nodes_falsenodeids": [2, 1],
        "nodes_falseleafs": [1, 1],
        "leaf_weights": numpy_helper.from_array(np.ones(3), "weights"),
        "leaf_targetids": [0, 1, 0],
    } | changes
    return graph([helper.make_node("TreeEnsemble", ["x"], ["t"], domain="ai.onnx.ml", **given), label("t")])


def deep_tree(depth: int = 100_000) -> onnx.ModelProto:
    """A tree that is deeper than a thread's stack."""
    return trees(
        nodes_featureids=[0] * depth,
        nodes_splits=numpy_helper.from_array(np.zeros(depth), "splits"),
        nodes_modes=numpy_helper.from_array(np.zeros(depth, np.uint8), "modes"),
        nodes_truenodeids=[*range(1, depth), 0],
        nodes_trueleafs=[*[0] * (depth - 1), 1],
        nodes_falsenodeids=[*range(1, depth + 1)],
        nodes_falseleafs=[1] * depth,
        leaf_weights=numpy_helper.from_array(np.zeros(depth + 1), "weights"),
        leaf_targetids=[0] * (depth + 1),
    )


def with_graph(folder: Path, model: onnx.ModelProto) -> None:
    """The version with this compiled model."""
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    reseal(folder)


# ---- pipelines -------------------------------------------------------------------------------------------------------


def skops_bomb(folder: Path) -> None:
    """A pipeline of a megabyte that unpacks to 800."""
    path = folder / "pipeline.skops"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    array = next(name for name in files if name.endswith(".npy"))
    held = io.BytesIO()
    np.save(held, np.zeros(100_000_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, held.getvalue() if name == array else content)
    served_by_pipeline(folder)


def endless_tree(folder: Path) -> None:
    """A pipeline with a tree whose root is its own child."""
    signature = Signature.model_validate_json((folder / "signature.json").read_text())
    names = [feature.name for feature in signature.features]
    classes = json.loads((folder / "manifest.json").read_text())["classes"]
    rows = pd.DataFrame(np.arange(40.0).reshape(-1, 1).repeat(len(names), axis=1), columns=names)
    numbers = FunctionTransformer()
    tree = DecisionTreeClassifier(max_depth=2).fit(rows[names[:1]], np.resize(classes, 40))
    state = tree.tree_.__getstate__()
    state["nodes"]["left_child"][0] = state["nodes"]["right_child"][0] = 0
    tree.tree_.__setstate__(state)
    first = ColumnTransformer([("first", numbers, names[:1])]).fit(rows)
    (folder / "pipeline.skops").write_bytes(skops.io.dumps(Pipeline([("first", first), ("tree", tree)])))
    served_by_pipeline(folder)


def served_by_pipeline(folder: Path) -> Path:
    """The same version without a compiled model."""
    (folder / "model.onnx").unlink()
    reseal(folder, predictor={"kind": "scikit-learn", "reason": "A test."})
    return folder
