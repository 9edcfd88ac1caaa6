"""What a compiled model keeps of its texts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from harness import ROOT
from tests.twinserve.compile.texts import COLUMNS, alone, asked, assert_rows_stand_alone, beside, compiled, reviews
from twinserve.compile import compile_pipeline, stored_texts
from twinserve.errors import CannotCompile
from twinserve.graph.reader import BadGraph
from twinserve.predict.compiled import TEXTS, CompiledPredictor


def graph() -> bytes:
    """A model of numbers and a text."""
    rows = reviews()
    return compile_pipeline(beside(TfidfVectorizer(), LogisticRegression()).fit(rows.frame, rows.labels), COLUMNS)


def changed(data: bytes, **changes: object) -> bytes:
    """The same graph with other words about its texts."""
    model = onnx.load_from_string(data)
    held = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, {**held, TEXTS: json.dumps({**json.loads(held[TEXTS]), **changes})})
    return bytes(model.SerializeToString(deterministic=True))


def test_a_model_that_drops_its_text_keeps_nothing_of_it() -> None:
    rows = reviews()
    model = beside("drop", LogisticRegression()).fit(rows.frame, rows.labels)
    assert TEXTS == "twinserve.texts"
    assert TEXTS not in {entry.key for entry in onnx.load_from_string(compile_pipeline(model, COLUMNS)).metadata_props}


def test_too_large_a_vocabulary_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_texts, "GRAPH_METADATA", 1000)
    with pytest.raises(CannotCompile, match=r"texts: their vocabulary takes \d+ bytes, more than 500"):
        graph()


@pytest.mark.parametrize(
    "changes", [{"fields": 2}, {"tables": []}, {"more": 1}, {"categories": {"7": ["a"]}}, {"refuse_null": [-1]}]
)
def test_what_does_not_fit_the_graph_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadGraph, match="reads texts as none of ours does"):
        CompiledPredictor(changed(graph(), **changes))


def test_a_pattern_that_is_none_is_refused() -> None:
    table = json.loads({e.key: e.value for e in onnx.load_from_string(graph()).metadata_props}[TEXTS])["tables"][0]
    table["analysis"]["token_pattern"] = "("
    with pytest.raises(BadGraph, match="reads texts as none of ours does"):
        CompiledPredictor(changed(graph(), tables=[table]))


def test_many_rows_are_answered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = reviews()
    predictor = compiled(alone(TfidfVectorizer(), LogisticRegression()).fit(rows.frame, rows.labels))
    whole = predictor.predict(asked(rows)).probabilities
    monkeypatch.setattr(predictor, "_rows", 10)
    parts = predictor.predict(asked(rows)).probabilities
    assert whole is not None
    assert parts is not None
    assert whole.tobytes() == parts.tobytes()
    assert_rows_stand_alone(predictor, asked(rows))


@pytest.mark.parametrize("reads", [True, False])
def test_serving_loads_no_scikit_learn_and_only_what_reads_texts_where_there_are_some(
    reads: bool, tmp_path: Path
) -> None:
    rows = reviews()
    parts = beside(TfidfVectorizer() if reads else "drop", LogisticRegression()).fit(rows.frame, rows.labels)
    (tmp_path / "model.onnx").write_bytes(compile_pipeline(parts, COLUMNS))
    program = (
        "import sys; import numpy as np; from pathlib import Path\n"
        "from twinserve.predict.compiled import CompiledPredictor; from twinserve.signature import Columns\n"
        f"model = CompiledPredictor(Path({str(tmp_path / 'model.onnx')!r}).read_bytes())\n"
        "model.predict(Columns(np.array([[0.5, np.nan, 1.0]]), texts={1: ['a great box']}))\n"
        "print(*sorted({'sklearn', 'pandas', 'scipy', 'onnx', 'twinserve.text'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == (["twinserve.text"] if reads else [])
