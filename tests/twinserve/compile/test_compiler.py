"""The whole: bytes that repeat, outputs that are named, columns that are checked, imports that stay away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from tests.twinserve.compile.comparing import fitted, plain, random_labels, random_numbers, running, words
from twinserve.compile import Column, compile_pipeline, compiler
from twinserve.errors import CannotCompile
from twinserve.predict.runtime import session

ROOT = Path(__file__).parents[3]


def forest() -> Any:
    x = random_numbers(0, 80, 4)
    return RandomForestClassifier(10, random_state=0).fit(x, random_labels(0, x, 3)), plain(x)


def test_the_same_pipeline_gives_the_same_bytes_in_another_process() -> None:
    """Nothing of the run (hash seeds, addresses, dates) is in the model."""
    program = (
        "from tests.twinserve.compile.test_compiler import forest; from twinserve.compile import compile_pipeline;"
        "import hashlib; m, t = forest(); print(hashlib.sha256(compile_pipeline(m, t.columns)).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != ""


def test_the_model_passes_onnx_own_check_and_names_its_input_and_outputs() -> None:
    model, table = forest()
    compiled = onnx.load_from_string(compile_pipeline(model, table.columns))
    onnx.checker.check_model(compiled, full_check=True)
    graph = session(compiled.SerializeToString())
    shown = [(t.name, t.type, t.shape) for t in (*graph.get_inputs(), *graph.get_outputs())]
    assert shown == [
        ("x", "tensor(double)", ["n", 4]),
        ("label", "tensor(int64)", ["n"]),
        ("probabilities", "tensor(double)", ["n", 3]),
    ]


def test_a_classifier_without_probabilities_has_only_labels() -> None:
    x = random_numbers(0, 40, 2)
    model = fitted(make_pipeline(StandardScaler(), LinearSVC()), x, random_labels(0, x, 2))
    assert list(running(compile_pipeline(model, plain(x).columns))(x)) == ["label"]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_any_number_of_rows_is_answered_with_as_many(rows: Any) -> None:
    model, table = forest()
    answer = running(compile_pipeline(model, table.columns))(table.x[:rows])
    assert (answer["label"].shape, answer["probabilities"].shape) == ((rows,), (rows, 3))


def test_columns_of_other_names_or_in_another_order_are_refused() -> None:
    frame = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0) ** 2})
    model = LinearRegression().fit(frame, np.arange(9.0))
    for names in (("b", "a"), ("a", "c"), ("a",)):
        with pytest.raises(CannotCompile, match="LinearRegression: it was fitted on the columns"):
            compile_pipeline(model, [Column(name, "number") for name in names])


def test_a_model_of_too_many_bytes_is_refused_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    model, table = forest()
    monkeypatch.setattr(compiler, "MAX_BYTES", 1000)
    with pytest.raises(CannotCompile, match=r"RandomForestClassifier: its graph takes \d+ bytes, more than 1000$"):
        compile_pipeline(model, table.columns)


def test_no_node_is_left_over() -> None:
    """A stacked classifier's unused labels, say, are not computed."""
    table = words(0, 60, [3, 4])
    model = make_pipeline(OneHotEncoder(), LinearRegression()).fit(table.frame, np.arange(60.0))
    compiled = onnx.load_from_string(compile_pipeline(model, table.columns)).graph
    read = {name for node in compiled.node for name in node.input} | {output.name for output in compiled.output}
    assert {node.output[0] for node in compiled.node} <= read
    assert {tensor.name for tensor in compiled.initializer} <= read


def test_compiling_loads_no_part_of_scikit_learn_by_itself() -> None:
    """The table knows classes by name; what is not used is not imported."""
    program = (
        "import sys, twinserve.compile\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('sklearn', 'pandas')))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_importing_the_room_and_the_fold_imports_neither_onnx_nor_scikit_learn() -> None:
    program = (
        "import sys, model, twinserve.predict.linear;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('sklearn', 'onnx', 'pandas', 'scipy')))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
