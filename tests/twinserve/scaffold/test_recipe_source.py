"""A printed recipe: the same model to the bit, and source that ruff and mypy accept as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import ROOT
from tests.twinserve.scaffold.tables import TABLES, imported, of_options, of_table, printed, slashed, trained
from twinserve.recipes import Recipe
from twinserve.signature.signature import Signature
from twinserve.training.data import declared_input

pytestmark = pytest.mark.extended


def signature(recipe: Recipe) -> Signature:
    """The contract of a recipe, with the columns that its table leaves out."""
    return declared_input(recipe, recipe.load())


def require_same(written: Recipe, table: Recipe) -> None:
    """Everything that decides the model is equal."""
    assert signature(written) == signature(table)
    assert list(signature(written).left_out) == list(signature(table).left_out)
    assert (written.task, written.metric, written.split) == (table.task, table.metric, table.split)
    ours, theirs = written.load(), table.load()
    pd.testing.assert_frame_equal(ours.features, theirs.features)
    pd.testing.assert_frame_equal(pd.DataFrame(ours.target), pd.DataFrame(theirs.target))
    assert ours.source == theirs.source
    assert (ours.weights is None) is (theirs.weights is None)
    if ours.weights is not None and theirs.weights is not None:
        pd.testing.assert_series_equal(ours.weights, theirs.weights)
    candidates, expected = written.candidates(7), table.candidates(7)
    assert list(candidates) == list(expected)
    assert repr(dict(candidates)) == repr(dict(expected))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "loans" else pytest.mark.extended) for name in TABLES]
)
def test_a_printed_recipe_trains_the_same_model_to_the_bit(name: str, tmp_path: Path) -> None:
    """The files of a version, the fingerprint, the metrics and the parameters, but for the card, whose notes on the
    table are comments in the recipe."""
    make, target = TABLES[name]
    written = imported(printed(tmp_path, make(), target, "--name", "table"))
    table = of_table(tmp_path, target)
    require_same(written, table)
    ours, theirs = trained(written, tmp_path / "ours"), trained(table, tmp_path / "theirs")
    assert ours == theirs
    assert ("model.onnx" in ours.files) is (name not in ("words", "spelled"))


OPTIONS = {
    "time": ("loans", ["--time", "askedAt", "--drop", "currency,askedAt"]),
    "group": ("loans", ["--group", "applicant.address.zip", "--id", "loan_id"]),
    "columns": ("loans", ["--category", "applicant.age", "--number", "home.address.zip", "--nullable", "all"]),
    "dates": ("slashed", ["--date", "day=%d/%m/%Y", "--date", "since", "--number", "amount", "--stratify"]),
    "weight": ("loans", ["--weight", "home.address.zip", "--metric", "brier"]),
    "text": ("slashed", ["--text", "note", "--drop", "day"]),
    "cells": ("spelled", ["--null-values", "NA,b", "--header", "--category", "kind,price (net)"]),
    "costs": ("slashed", ["--costs", "FN=5,FP=1", "--positive", "false"]),
    "threshold": ("loans", ["--threshold", "0.25", "--keep-leaks"]),
    "estimators": ("houses", ["--estimator", "ExtraTreesRegressor,LinearRegression"]),
    "several values": ("houses", ["--target", "rooms"]),
    "several labels": ("loans", ["--target", "purpose,applicant.Employed", "--metric", "exact_match"]),
    "boosters": ("loans", ["--estimator", "XGBClassifier,LGBMClassifier", "--estimator", "default"]),
}


def require_same_with(options: list[str], make: Callable[[], pd.DataFrame], target: str, folder: Path) -> Recipe:
    """The recipe that is printed with these options, which is that of the table."""
    written = imported(printed(folder, make(), target, "--name", "table", *options))
    require_same(written, of_options(folder, target, *options))
    return written


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_stands_in_the_printed_recipe(name: str, tmp_path: Path) -> None:
    table, options = OPTIONS[name]
    make, target = {**TABLES, "slashed": (slashed, "late")}[table]
    require_same_with(options, make, target, tmp_path)
    require_tidy(tmp_path / "written.py")


@pytest.mark.slow
@pytest.mark.extended
@pytest.mark.parametrize("name", ["time", "weight", "costs", "several values", "several labels"])
def test_with_options_it_trains_the_same_model_to_the_bit(name: str, tmp_path: Path) -> None:
    table, options = OPTIONS[name]
    make, target = {**TABLES, "slashed": (slashed, "late")}[table]
    written = require_same_with(options, make, target, tmp_path)
    theirs = trained(of_options(tmp_path, target, *options), tmp_path / "theirs")
    assert trained(written, tmp_path / "ours") == theirs


@pytest.mark.parametrize("name", TABLES)
def test_ruff_changes_nothing_in_a_printed_recipe(name: str, tmp_path: Path) -> None:
    make, target = TABLES[name]
    require_tidy(printed(tmp_path, make(), target))


def require_tidy(written: Path) -> None:
    """The formatter and the linter of this project have nothing to say."""
    for command in (["format", "--diff"], ["check", "--quiet", "--no-cache"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(written)]
        done = subprocess.run(ruff, cwd=written.parent, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout + written.read_text()


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="mypy is set to 3.11, which cannot read newer NumPy's types")
def test_mypy_accepts_printed_recipes(tmp_path: Path) -> None:
    files = []
    for name, (make, target) in TABLES.items():
        written = printed(tmp_path, make(), target)
        files.append(str(written.rename(tmp_path / f"of_{name}.py")))
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *files]
    done = subprocess.run(mypy, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_left_out_columns_stand_in_the_recipe_with_their_reasons(tmp_path: Path) -> None:
    make, target = TABLES["loans"]
    text = printed(tmp_path, make(), target).read_text()
    assert '    "loan_id": "it looks like an identifier' in text
    assert '    "currency": "it has the same value in every row",' in text
    assert '    "written off": "each of its values belongs to exactly one class' in text
    assert "applicant: Applicant\n" in text
    assert "    zip: Category  # such as " in text
    assert "class HomeAddress(BaseModel):" in text


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """A small table with drawn names and kinds of columns; the target is `target`."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bits = rng.random(60) < 0.5
    kinds: dict[str, Any] = {
        "number": lambda: rng.normal(0, 1, 60).round(3),
        "integer": lambda: rng.integers(-5, 50, 60),
        "boolean": lambda: rng.choice(["true", "false"], 60),
        "category": lambda: rng.choice(draw(st.lists(names, min_size=2, max_size=9)), 60),
        "date": lambda: [f"20{year:02d}-02-{day:02d}" for year, day in rng.integers(1, 29, (60, 2))],
        "datetime": lambda: [f"2020-02-{day:02d}T{day % 24:02d}:30:15+01:00" for day in rng.integers(1, 29, 60)],
    }
    words = st.lists(names, min_size=1, max_size=3).map(".".join)
    columns = {}
    for name in draw(st.lists(words, min_size=1, max_size=6, unique=True)):
        values = pd.Series(kinds[draw(st.sampled_from(sorted(kinds)))](), dtype=object)
        columns[name] = values.where(~((rng.random(60) < 0.2) & draw(st.booleans())), None)
    return pd.DataFrame({"first": rng.normal(0, 1, 60), **columns, "target": np.where(bits, "yes", "no")})


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(frame=tables())
def test_any_table_and_its_printed_recipe_decide_alike(
    frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or neither does: what training refuses is refused with its sentence."""
    folder = tmp_path_factory.mktemp("table")
    try:
        written = printed(folder, frame, "target", "--name", "table")
    except AssertionError:
        assert re.match(r"twinserve: \w.*\.\n\Z", capsys.readouterr().err)
        return
    require_same(imported(written), of_table(folder, "target"))
