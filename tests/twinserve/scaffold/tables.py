"""Tables with every kind of column and name, and the training of one by its recipe and by what is printed of it."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from twinserve.cli.main import main
from twinserve.cli.options.given_table import recipe_of_table
from twinserve.cli.recipe import command
from twinserve.recipes import Recipe
from twinserve.recipes.table import TableOptions, table_recipe
from twinserve.release.steps import Choices, Steps, train
from twinserve.store.registry import Registry
from twinserve.tables.files import read
from twinserve.tables.formats import AS_IT_IS

ROWS: Final = 120


def measurements() -> pd.DataFrame:
    """Numbers with names that are no identifiers, and a text to predict."""
    rng = np.random.default_rng(1)
    names = ("sepal length (cm)", "Petal.Width", "class", "1st", "größe", "长度", 'say "x"', "back\\slash", "it's", "l")
    frame = pd.DataFrame({name: rng.normal(5, 2, ROWS).round(2) for name in names})
    frame["y"] = np.where(frame["class"] + frame["l"] > 10, "A\tb", "c")
    return frame


def loans() -> pd.DataFrame:
    """Every type, nulls, nesting with groups apart, columns that are left out, a rare class."""
    rng = np.random.default_rng(2)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D")
    bad = rng.random(ROWS) < 0.3
    return pd.DataFrame(
        {
            "loan_id": np.arange(9000, 9000 + ROWS),
            "applicant.age": rng.integers(18, 80, ROWS),
            "purpose": rng.choice(["car", "house, big", "# noqa", None], ROWS),  # type: ignore[arg-type]  # pandas-stubs
            "applicant.address.zip": [f"{code:05d}" for code in rng.integers(0, 20, ROWS)],
            "home.address.zip": rng.integers(0, 5, ROWS),
            "income": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(3e4, 1e4, ROWS)),
            "applicant.Employed": rng.choice(["true", "false"], ROWS),
            "since": pd.Series(days.strftime("%Y-%m-%d")).where(rng.random(ROWS) < 0.9, None),
            "askedAt": [f"2024-03-{day:02d}T10:{day:02d}:00Z" for day in rng.integers(1, 28, ROWS)],
            "currency": "EUR",
            "written off": bad.astype(int),
            "defaulted": bad,
        }
    )


def houses() -> pd.DataFrame:
    """A regression with whole numbers, categories and a leak."""
    rng = np.random.default_rng(3)
    rooms = rng.integers(1, 9, ROWS)
    price = rooms * 3.25e4 + rng.normal(0, 1e4, ROWS)
    return pd.DataFrame({"rooms": rooms, "kind": rng.choice(list("abc"), ROWS), "cents": price * 100, "price": price})


def words() -> pd.DataFrame:
    """Free text alone, some of it missing."""
    rng = np.random.default_rng(4)
    heads = rng.choice(["good fine nice", "bad poor sad"], ROWS)
    texts = [f"{head} thing number {place} of them" for place, head in enumerate(heads)]
    frame = pd.DataFrame({"what they said": texts, "mood": [head[:3] for head in heads]})
    frame.loc[3, "what they said"] = None
    return frame


def spelled() -> pd.DataFrame:
    """Cells as people write them, a row number, a copy, and text beside the rest."""
    rng = np.random.default_rng(6)
    heads = rng.choice(["good fine nice", "bad poor sad"], ROWS)
    frame = pd.DataFrame(
        {
            "rownames": range(1, ROWS + 1),
            "price (net)": [f"${cents / 100:,.2f}" for cents in rng.integers(10**4, 10**6, ROWS)],
            "share": [f"{share} %" for share in rng.integers(0, 101, ROWS)],
            "people": pd.Series([f"{people:,}" for people in rng.integers(900, 90_000, ROWS)]).mask(
                rng.random(ROWS) < 0.1, "NA"
            ),
            "opens": [f"{hour:02d}:{minute:02d}" for hour, minute in rng.integers(0, 24, (ROWS, 2))],
            "day": [f"2012/01/{day:02d}" for day in rng.integers(1, 29, ROWS)],
            "kind": [f" {kind}" for kind in rng.choice(["a", "b", "NA"], ROWS)],
            "remark": [f"{head} thing number {place} of them" for place, head in enumerate(heads)],
        }
    )
    frame.loc[3, "remark"] = None
    return frame.assign(kind_again=frame["kind"], mood=np.where(rng.random(ROWS) < 0.2, "so", heads.astype("U3")))


def wide() -> pd.DataFrame:
    """Many columns, with names longer than a line."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({f"column {place} {'of many words ' * (place % 12)}": rng.random(ROWS) for place in range(14)})
    frame["code"] = [f"{'x' * 40} {place}" for place in rng.integers(0, 15, ROWS)]
    return frame.assign(target=np.where(frame.iloc[:, 0] > 0.5, 1, 0))


def slashed() -> pd.DataFrame:
    """Dates as people write them, numbers with marks for missing ones, and a note beside them."""
    rng = np.random.default_rng(6)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D")
    amounts = [f"{value:.2f}" for value in rng.normal(50, 9, ROWS)]
    return pd.DataFrame(
        {
            "day": days.strftime("%d/%m/%Y"),
            "since": days.strftime("%Y-%m-%d"),
            "amount": ["?" if place % 9 == 0 else amount for place, amount in enumerate(amounts)],
            "note": [f"order number {place} for {who}" for place, who in enumerate(rng.choice(["a b", "c d"], ROWS))],
            "late": rng.random(ROWS) < 0.4,
        }
    )


TABLES: Final = {
    "measurements": (measurements, "y"),
    "loans": (loans, "defaulted"),
    "houses": (houses, "price"),
    "words": (words, "mood"),
    "wide": (wide, "target"),
    "spelled": (spelled, "mood"),
}


@dataclass(frozen=True)
class Made:
    """What is compared of a version."""

    files: dict[str, bytes]
    fingerprint: str
    metrics: Any
    parameters: Any
    estimator: str


def printed(folder: Path, frame: pd.DataFrame, target: str, *options: str) -> Path:
    """The file that `twinserve recipe` writes for a table in this folder."""
    frame.to_csv(folder / "table.csv", index=False)
    written = folder / "written.py"
    with contextlib.chdir(folder):
        assert main(["recipe", "--data", "table.csv", "--target", target, "--output", "written.py", *options]) == 0
    return written


def imported(path: Path) -> Recipe:
    """The recipe in a file."""
    spec = importlib.util.spec_from_file_location(f"written_{uuid.uuid4().hex}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # Where Pydantic looks for the classes of annotations.
    spec.loader.exec_module(module)
    recipe = module.RECIPE
    assert isinstance(recipe, Recipe)
    return recipe


def of_table(folder: Path, target: str) -> Recipe:
    """The recipe of `train --data`."""
    frame, cells = read([str(folder / "table.csv")], AS_IT_IS, io.BytesIO())
    return table_recipe("table", frame, TableOptions(target, cells=cells), "table.csv")


def of_options(folder: Path, target: str, *options: str) -> Recipe:
    """The recipe of `train --data` with further options."""
    asked = ["--data", "table.csv", "--target", target, *options]
    with contextlib.chdir(folder):
        return recipe_of_table(command("recipe", "twinserve recipe").parser.parse_args(asked), "table")


def trained(recipe: Recipe, folder: Path) -> Made:
    """A version of it, as the command registers one."""
    registry = Registry(folder, recipe.name)
    train(Steps(recipe, registry, Choices()))
    files = {path.name: path.read_bytes() for path in registry.path(1).iterdir() if path.is_file()}
    facts = json.loads(files.pop("manifest.json"))
    card = {name for name in files if name.startswith("card")}
    training = facts["training"]
    del facts["predictor"]["batch_invariance"]  # How many rows were asked depends on the time that it took.
    return Made(
        {name: content for name, content in files.items() if name not in card and not name.startswith("pipeline")},
        training["data_fingerprint"],
        [facts["metrics"], facts["intervals"], facts["baseline"], facts["classes"], facts["predictor"]],
        training["parameters"],
        training["estimator"],
    )
