"""`train.py --data`: from any table to a version that serves; each problem is one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twinserve.cli.main import main
from twinserve.signature.request.validator import Validator
from twinserve.store.artifact import Trust, open_version

pytestmark = [pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).parent.parent
ROWS = 240


def run(folder: Path, *options: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run `train.py` in a folder of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TWINSERVE_")}
    command = [sys.executable, str(ROOT / "train.py"), *options]
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, check=False, env=clean)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where a command of this process runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def trained(folder: Path, *options: str, given: bytes = b"") -> Mapping[str, Any]:
    """The JSON report, which must be the only output."""
    done = run(folder, *options, "--json", given=given)
    assert done.returncode == 0, done.stderr.decode()
    outcome: Mapping[str, Any] = json.loads(done.stdout)
    return outcome


def loans() -> pd.DataFrame:
    """Rows of every type, with nested and unicode names, nulls, an identifier, a constant, a leak and copies."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, ROWS)
    since = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, ROWS), unit="D")
    asked = pd.Timestamp("2024-01-01T08:00:00Z") + pd.to_timedelta(rng.integers(0, 10**7, ROWS), unit="s")
    bad = rng.random(ROWS) < 1 / (1 + np.exp((age - 45) / 8))
    frame = pd.DataFrame(
        {
            "loan_id": np.arange(1000, 1000 + ROWS),
            "applicant.age": age,
            "applicant.address.zip": [f"{place:05d}" for place in rng.integers(0, 12, ROWS)],
            "größe": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(170, 10, ROWS)),
            "employed": np.where(rng.random(ROWS) < 0.8, "true", "false"),
            "since": pd.Series(since.strftime("%Y-%m-%d")).where(rng.random(ROWS) < 0.9, None),
            "asked": asked.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "currency": "EUR",
            "written off": np.where(bad, 1, 0),
            "defaulted": np.where(bad, "ja", "nein"),
        }
    )
    frame.loc[7, "defaulted"] = None
    return pd.concat([frame, frame.iloc[:2]], ignore_index=True)


INSTANCE = {
    "applicant": {"age": 33, "address": {"zip": "00003"}},
    "größe": None,
    "employed": True,
    "since": "2024-02-29",
    "asked": "2024-02-29T23:59:59+01:00",
}


@pytest.mark.slow
def test_a_csv_becomes_a_compiled_classifier(tmp_path: Path) -> None:
    """Types are inferred from all rows, dropped columns are noted, and a request is served."""
    loans().to_csv(tmp_path / "loans.csv", index=False)
    outcome = trained(tmp_path, "--data", "loans.csv", "--target", "defaulted")
    assert outcome["task"] == "classification"
    assert outcome["classes"] == ["ja", "nein"]
    assert outcome["predictor"]["kind"] == "compiled"
    assert outcome["rows"] == ROWS + 1
    told = {(note["kind"], note["column"]) for note in outcome["notes"]}
    assert told >= {("dropped", "loan_id"), ("dropped", "currency"), ("leak", "written off"), ("warning", "defaulted")}
    assert any("copies" in note["sentence"] for note in outcome["notes"])
    assert outcome["metrics"]["log_loss"]["value"] < outcome["metrics"]["log_loss"]["baseline"]
    low, high = outcome["metrics"]["roc_auc"]["interval"]
    assert low < outcome["metrics"]["roc_auc"]["value"] < high
    opened = open_version(tmp_path / outcome["folder"], Trust())
    types = {feature.name: str(feature.type) for feature in opened.signature.features}
    assert types == {
        "applicant.age": "integer",
        "applicant.address.zip": "category",
        "größe": "number",
        "employed": "boolean",
        "since": "date",
        "asked": "datetime",
    }
    columns = Validator(opened.signature).validate(json.dumps(INSTANCE).encode()).columns
    assert opened.predictor.predict(columns).probabilities is not None
    assert (tmp_path / outcome["folder"] / "card.html").stat().st_size > 10_000


@pytest.mark.slow
def test_parquet_becomes_a_compiled_regression(tmp_path: Path) -> None:
    frame = loans().drop(columns=["defaulted", "written off"])
    frame["price"] = 3.5 * frame["applicant.age"] + frame["größe"].fillna(100) ** 1.1
    frame["price in cents"] = 100 * frame["price"]
    frame.to_parquet(tmp_path / "houses.parquet")
    outcome = trained(tmp_path, "--data", "houses.parquet", "--target", "price", "--no-promote")
    assert (outcome["task"], outcome["classes"], outcome["predictor"]["kind"]) == ("regression", None, "compiled")
    assert outcome["model"] == "houses"
    assert outcome["champion"] is None
    assert ("leak", "price in cents") in {(note["kind"], note["column"]) for note in outcome["notes"]}
    assert outcome["metrics"]["r2"]["value"] > 0.8


@pytest.mark.slow
def test_json_lines_from_standard_input_nest_by_themselves(tmp_path: Path) -> None:
    rows = [{"at": {"hour": i % 24, "day": i % 7}, "busy": (i % 24 > 12) ^ (i % 31 == 0)} for i in range(ROWS)]
    given = "\n".join(json.dumps(row) for row in rows).encode()
    options = ("--data", "-", "--format", "jsonl", "--target", "busy", "--name", "desk", "--search", "--budget", "1")
    outcome = trained(tmp_path, *options, given=given)
    assert (outcome["model"], outcome["source"], outcome["classes"]) == ("desk", "standard input", ["false", "true"])


@pytest.mark.slow
def test_a_recipe_of_ones_own_is_found_where_the_command_runs(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import replace\nfrom model.tumor import TUMOR\n"
        "recipe = replace(TUMOR, name='mine', candidates=lambda seed: {\n"
        "    name: found for name, found in TUMOR.candidates(seed).items() if name.startswith('log')})\n"
    )
    assert trained(tmp_path, "--recipe", "mine:recipe")["model"] == "mine"


NULLABLE = """
import numpy as np, pandas as pd
from pydantic import BaseModel
from sklearn.linear_model import LogisticRegression
from twinserve.recipes import Recipe, Table

class Row(BaseModel):
    a: float | None
    b: float

def load():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(200), "b": rng.random(200)})
    return Table(frame, pd.Series(np.where(frame["a"] > 0.5, "p", "q"), dtype=object), "made")

recipe = Recipe(name="mine", task="classification", input=Row, load=load, metric="log_loss", intended_use="Tests.",
                candidates=lambda seed: {"logistic": LogisticRegression()})
"""


@pytest.mark.slow
def test_a_nullable_field_that_the_model_cannot_take_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NULLABLE)
    notes = trained(tmp_path, "--recipe", "mine:recipe")["notes"]
    told = [note for note in notes if note["column"] == "a" and "may be null" in note["sentence"]]
    assert len(told) == 1
    assert "declare it without None" in told[0]["sentence"]


TABLE = b"a,b,y\n" + b"".join(f"{i},{i % 5},{'p' if i % 2 else 'q'}\n".encode() for i in range(60))


@pytest.mark.parametrize(
    ("options", "content", "sentence"),
    [
        (("--target", "y"), None, "Cannot read 'table.csv': No such file"),
        (("--target", "z"), TABLE, "There is no column 'z'; the table has a, b, y."),
        (("--target", "y", "--metric", "rmse"), TABLE, "rmse is no metric for a classification"),
        (("--target", "y"), b"", "'table.csv' is empty."),
        (("--target", "y"), b"a,y\n", "'table.csv' holds no rows."),
        (("--target", "y"), b"a,y\n1,2\n1,2,3\n", "not a CSV file: line 3 has 3 cells and the header 2."),
        (("--target", "y"), b'a,y\n"1,2\n', "not a CSV file: the quote that opens in line 2 is never closed."),
        (("--target", "y"), b"a,y\n1,\xff\n", "not UTF-8 in line 2"),
        (("--target", "y"), b"a,a,y\n1,2,3\n", "Two columns are named 'a'"),
        (("--target", "y", "--format", "parquet"), TABLE, "not a Parquet file"),
        (("--target", "y", "--format", "jsonl"), b"{}\n[1]\n", "line 2 is not a JSON object."),
        (("--target", "y"), b"a,y\n1,p\n2,q\n", "2 rows with a target; training needs at least 30"),
        (("--target", "a"), b"a,b\n" + b"1,2\n" * 60, "one class only"),
        (("--target", "y"), b"a,y\n" + b"1,p\n1,q\n" * 60, "No column is left to learn from: a (it has the same"),
        (("--target", "y", "--task", "regression"), TABLE, "is not a number in every row"),
    ],
)
def test_every_problem_is_one_sentence(
    here: Path, options: tuple[str, ...], content: bytes | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (here / "table.csv").write_bytes(content)
    assert main(["train", "--data", "table.csv", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err.strip().splitlines()[-1]
    assert "Traceback" not in said.err
    assert not (here / "artifacts").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--data", "x.csv"), "--data needs --target"),
        (("--target", "y"), "belong to --data"),
        (("--data", "-", "--target", "y"), "--data - gives no name; give --name"),
        (("--data", "表.csv", "--target", "y"), "--data 表.csv gives no name; give --name"),
        (("--data", "x.csv", "--target", "y", "--recipe", "tumor"), "give one"),
        (("--data", "x.sav", "--target", "y"), "The ending of 'x.sav' names no known format"),
        (("--data", "x.csv", "y.sav", "--target", "y"), "The ending of 'y.sav' names no known format"),
        (
            ("--data", "sqlite:///x.db", "--target", "y"),
            "'sqlite:///x.db' is a database; --query says which rows of it.",
        ),
        (("--no-header",), "--header, --null-values, --sheet and --query belong to --data"),
        (("--recipe", "nowhere:recipe"), "There is no module 'nowhere'"),
        (("--recipe", "json:dumps"), "is a function and not a Recipe"),
        (("--recipe", "json:nothing"), "has no 'nothing'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_asking_wrongly_is_exit_code_2(
    options: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main(["train", *options])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert sentence in capsys.readouterr().err
