"""`twinserve import` as people run it: exit codes, the report, and one sentence for each failure."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from twinserve.cli.main import main
from twinserve.store.artifact import Trust, open_version, read_manifest
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "id": [f"row {row}" for row in range(300)],
        "age": RNG.integers(18, 80, 300),
        "city": RNG.choice(["Bern", "Rome"], 300),
        "member": RNG.random(300) > 0.5,
    }
)
TABLE["late"] = TABLE["age"] + RNG.normal(0, 8, 300) > 45
MINE = """\
from typing import Literal

from pydantic import BaseModel
from sklearn.preprocessing import StandardScaler


class Own(StandardScaler):
    '''My own.'''


class Person(BaseModel):
    '''Of a club.'''

    age: int
    city: Literal["Bern", "Rome"]
    member: bool
"""
FEATURES = ["age", "city", "member"]


def fitted(rows: pd.DataFrame = TABLE, scaler: Any = None) -> Any:
    """A pipeline with boolean labels, as a table has them."""
    encoded = make_column_transformer(
        (scaler or StandardScaler(), ["age"]), (OneHotEncoder(), ["city"]), ("passthrough", ["member"])
    )
    return make_pipeline(encoded, LogisticRegression()).fit(rows[FEATURES], rows["late"])


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the model and its table, and with the path of modules restored afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("late.skops").write_bytes(skops.io.dumps(fitted()))
    joblib.dump(fitted(), "late.joblib")
    TABLE.to_csv("late.csv", index=False)


def ran(*arguments: str) -> int:
    """The exit code of an import as `late`."""
    return main(["import", *arguments, "--name", "late"])


def sentence(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """The only sentence of an import that fails with this code and changes nothing."""
    assert ran(*arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = [line for line in printed.err.splitlines() if line.startswith("twinserve import: ")]
    assert printed.err.endswith(f"{line}\n")
    assert line.endswith((".", "?"))
    assert Registry(Path("artifacts"), "late").versions() == []
    return line.removeprefix("twinserve import: ")


def test_without_rows_it_is_registered_unmeasured_and_not_promoted(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("late.skops", "--out-of-range", "reject") == 3
    printed = capsys.readouterr()
    assert "log_loss and the other metrics: not measured" in printed.out
    assert "twinserve promote 1 --name late promotes it unmeasured." in printed.out
    assert printed.err.splitlines() == ["importing scikit-learn", "opening the model", "proving"]
    assert Registry(Path("artifacts"), "late").champion() is None
    assert main(["promote", "1", "--name", "late"]) == 0
    assert ran("late.skops", "--out-of-range", "reject", "--no-promote") == 0


@pytest.mark.parametrize(
    ("options", "marked"), [([], "rows that it may have learned from"), (["--unseen"], "held-out rows")]
)
def test_with_rows_it_is_judged_and_goes_through_the_gate(
    options: list[str], marked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns that the model does not take are left out; texts and booleans are read as training reads them."""
    given = ["--data", "late.csv", "--target", "late", "--out-of-range", "reject", "--json", *options]
    assert ran("late.joblib", "--trust-pickles", *given) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["promoted"], told["champion"], told["classes"], told["evaluated_on"]) == (
        True,
        1,
        ["false", "true"],
        marked,
    )
    assert told["metrics"]["accuracy"]["value"] > 0.7
    assert (told["source"], told["fitted_with"]) == ("late.joblib, evaluated on late.csv", sklearn.__version__)
    assert [(column["name"], column["type"]) for column in told["columns"]] == [
        ("age", "integer"),
        ("city", "category"),
        ("member", "boolean"),
    ]
    left_out = open_version(Path("artifacts/late/1"), Trust(pickles=True)).signature.left_out
    assert set(left_out) == set(TABLE.columns) - {*FEATURES}
    facts = read_manifest(Path("artifacts/late/1")).training
    assert (facts.evaluated_on, facts.rows) == (marked, 300)
    card = Path("artifacts/late/1/card.md").read_text()
    assert ("rows that it may have learned from, so the figures may be better than in use" in card) == (not options)


def test_rows_are_weighed_by_a_column_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """It is no column of the model, and the positive class is the one that is named."""
    TABLE.assign(amount=np.where(TABLE["late"], 3.0, 0.5)).to_csv("late.csv", index=False)
    given = ["late.skops", "--data", "late.csv", "--target", "late", "--out-of-range", "reject", "--json"]
    assert ran(*given) == 0
    plain = json.loads(capsys.readouterr().out)
    assert ran(*given, "--weight", "amount", "--positive", "false", "--allow-weak", "--no-promote") == 0
    weighed = json.loads(capsys.readouterr().out)
    assert weighed["metrics"]["accuracy"]["value"] != plain["metrics"]["accuracy"]["value"]
    assert weighed["decision"]["positive"] == "false"
    facts = read_manifest(Path("artifacts/late/2")).training
    assert facts.weight == "amount"


def test_a_worse_one_is_held_back_by_the_gate(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--data", "late.csv", "--target", "late", "--out-of-range", "reject"]
    assert ran("late.skops", *given) == 0
    wrong = TABLE.assign(late=RNG.permutation(TABLE["late"]))
    Path("worse.skops").write_bytes(skops.io.dumps(fitted(wrong)))
    assert ran("worse.skops", *given) == 3
    assert "of the 60 held-out rows are new to both versions" in capsys.readouterr().out  # Most rows have a copy.
    assert Registry(Path("artifacts"), "late").champion() == 1


def test_an_input_class_of_the_current_folder_describes_the_columns() -> None:
    """And the model's own classes may be there, too."""
    Path("mine_of_late.py").write_text(MINE)
    sys.path.insert(0, str(Path.cwd()))
    scaler = importlib.import_module("mine_of_late").Own()
    Path("own.pkl").write_bytes(pickle.dumps(fitted(scaler=scaler)))
    sys.path.remove(str(Path.cwd()))
    del sys.modules["mine_of_late"]
    assert ran("own.pkl", "--trust-pickles", "--input", "mine_of_late:Person") == 3
    opened = open_version(Path("artifacts/late/1"), Trust(pickles=True))
    assert [str(feature.type) for feature in opened.signature.features] == ["integer", "category", "boolean"]
    assert "pipeline.joblib" in opened.manifest.files


def test_an_array_s_columns_are_named_by_the_table() -> None:
    numbers = pd.DataFrame({"a": RNG.random(200), "b": RNG.random(200)})
    numbers["value"] = numbers["a"] * 2 + RNG.normal(0, 0.1, 200)
    numbers.to_csv("numbers.csv", index=False)
    model = make_pipeline(StandardScaler(), sklearn.linear_model.Ridge()).fit(
        numbers[["a", "b"]].to_numpy(), numbers["value"]
    )
    Path("numbers.skops").write_bytes(skops.io.dumps(model))
    assert ran("numbers.skops", "--data", "numbers.csv", "--target", "value") == 0
    opened = open_version(Path("artifacts/late/1"), Trust())
    assert [feature.name for feature in opened.signature.features] == ["a", "b"]


def test_a_pickle_without_trust_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert sentence(capsys, 2, "late.joblib") == (
        "late.joblib is a pickle, which may run any code when opened; give --trust-pickles if you made it yourself."
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.skops"], "nothing.skops cannot be read (No such file or directory)."),
        (["."], ". is no MLflow model: it holds no file MLmodel."),
        (["late.csv"], "late.csv is no skops file, no pickle and no joblib file."),
        (["late.skops", "--data", "late.csv", "--target", "x"], "There is no column 'x'; the table has id, age, city,"),
        (["late.skops", "--data", "late.csv", "--target", "id"], "y holds "),
        (
            ["late.skops", "--data", "late.csv", "--target", "late", "--weight", "ages"],
            "no column 'ages' (--weight); did",
        ),
        (
            ["late.skops", "--data", "late.csv", "--target", "late", "--weight", "city"],
            "weight 'city' holds texts, such as ",
        ),
        (["late.skops", "--data", "late.csv", "--target", "late", "--positive", "no"], "no class 'no' (--positive)"),
        (["late.skops", "--data", "no.csv", "--target", "late"], "Cannot read 'no.csv': "),
        (["late.skops", "--input", "late"], "'late' is not of the form package.module:Class."),
        (["late.skops", "--input", "nowhere:Class"], "There is no module 'nowhere'; run the command where"),
        (["late.skops", "--input", "json:dumps"], "json:dumps is no Pydantic class."),
        (["late.skops", "--max-artifact", "100"], "late.skops is no regular file, or has more than 100 bytes"),
        (["late.skops"], "The OneHotEncoder raises on an unseen value of 'city'; set handle_unknown, "),
        (["late.skops", "--metric", "rmse"], "rmse is no metric for a classification"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = 1 if "id" in arguments else 2
    extra = [] if arguments == ["late.skops"] else ["--out-of-range", "reject"]
    assert told in sentence(capsys, code, *arguments, *extra)


def test_a_model_without_what_it_was_made_with_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As one from a damaged file is."""
    joblib.dump(LogisticRegression.__new__(LogisticRegression), "empty.joblib")
    told = sentence(capsys, 1, "empty.joblib", "--trust-pickles")
    assert told.startswith("LogisticRegression cannot be packaged, as it raises a")


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"model": 1}, "dict is neither a classifier nor a regressor nor an anomaly detector of scikit-learn."),
        (
            make_pipeline(StandardScaler()),
            "Pipeline is neither a classifier nor a regressor nor an anomaly detector of scikit-learn.",
        ),
        (LogisticRegression(), "LogisticRegression has no classes yet; fit it first."),
    ],
    ids=["dict", "transformer", "unfitted"],
)
def test_what_is_no_fitted_model_is_told(what: Any, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump(what, "what.joblib")
    assert sentence(capsys, 1, "what.joblib", "--trust-pickles") == told
    if not isinstance(what, LogisticRegression):
        assert sentence(capsys, 1, "what.joblib", "--trust-pickles", "--data", "late.csv", "--target", "late") == told


class Ends:
    """Ends the program that opens it."""

    def __reduce__(self) -> Any:
        return exit, (0,)


def test_what_ends_the_program_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    joblib.dump(Ends(), "ends.joblib")
    assert "ends.joblib cannot be opened (SystemExit): " in sentence(capsys, 2, "ends.joblib", "--trust-pickles")
    Path("ending.py").write_text("raise SystemExit(0)\n")
    told = sentence(capsys, 2, "late.skops", "--input", "ending:Class")
    assert told == "The module 'ending' ends the program when it is imported."


def test_bytes_in_a_file_s_name_that_are_no_text_are_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    name, table = (os.fsdecode(b"\xff" + ending) for ending in (b".skops", b".csv"))
    Path("late.skops").rename(name)
    Path("late.csv").rename(table)
    given = ["--data", table, "--target", "late", "--out-of-range", "reject", "--json"]
    assert main(["import", name, "--name", "late", *given]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "\ufffd.skops, evaluated on \ufffd.csv"


def test_columns_that_nothing_describes_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    words = make_pipeline(make_column_transformer((TfidfVectorizer(), "city")), LogisticRegression())
    Path("words.skops").write_bytes(skops.io.dumps(words.fit(TABLE[["city"]], TABLE["late"])))
    assert "; give rows with their target, or a Pydantic class as the input." in sentence(capsys, 1, "words.skops")


def test_a_table_without_a_column_of_the_model_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    TABLE.drop(columns="city").to_csv("less.csv", index=False)
    given = ["--data", "less.csv", "--target", "late"]
    told = sentence(capsys, 2, "late.skops", *given)
    assert told == "The table has no column 'city', on which the model was fitted."


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "give --name"),
        (["--name", "a", "--target", "x"], "--data and --target belong together"),
        (["--name", "a", "--weight", "x"], "--weight and --positive belong to --data"),
        (["--name", "a", "--unseen"], "--unseen, --format, --null-values and --query belong to --data"),
    ],
)
def test_options_that_contradict_each_other_are_usage(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWINSERVE_MODEL", raising=False)
    with pytest.raises(SystemExit) as end:
        main(["import", "late.skops", *options])
    assert end.value.code == 2
    assert told in capsys.readouterr().err
