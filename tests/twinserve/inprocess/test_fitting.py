"""`fit` gives the model that `twinserve train --data` gives, opened."""

from __future__ import annotations

import math
import warnings
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import ROOT, fruit
from twinserve import TrainingWarning, fit, open_model
from twinserve.cli.main import main
from twinserve.errors import AskedWrongly
from twinserve.recipes import named_estimators, pipelines
from twinserve.release.git_commit import git_commit
from twinserve.store import seal
from twinserve.store.promotions import Standing
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.extended]


def orchard() -> pd.DataFrame:
    """A small table with its target."""
    made = fruit.table(120)
    whole = made.features.assign(kind=made.target)
    return whole.drop_duplicates(["weight", "skin.colour", "kind"], ignore_index=True)


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """One candidate of the table's, where which one is chosen does not matter."""
    every = pipelines.pipelines

    def first(*given: Any) -> dict[str, Any]:
        return dict([*every(*given).items()][:1])

    monkeypatch.setattr(named_estimators, "pipelines", first)


@pytest.mark.slow
def test_the_command_makes_the_same_model_of_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows, to the fingerprint, and the same compiled model, to the byte; promoted by the gate."""
    monkeypatch.chdir(tmp_path)
    orchard().to_csv("orchard.csv", index=False)
    assert main(["train", "--data", "orchard.csv", "--target", "kind", "--artifacts", "by-command"]) == 0
    steps: list[str] = []
    model = fit(pd.read_csv("orchard.csv"), "kind", name="orchard", progress=steps.append)
    other = open_model("by-command")
    assert model.manifest.training.data_fingerprint == other.manifest.training.data_fingerprint
    ours, theirs = (Path(root, "orchard", "1", "model.onnx").read_bytes() for root in ("artifacts", "by-command"))
    assert ours == theirs
    assert open_model().version == model.version == "1"
    assert steps[0] == "loading"
    assert steps[-1] == "comparing with the champion"
    assert model.trained is not None
    assert model.trained.outcome.promoted
    answer = model.predict(orchard().drop(columns="kind"))
    assert (answer["label"] == orchard()["kind"]).mean() > 0.8


@pytest.mark.filterwarnings("ignore::twinserve.TrainingWarning")  # Of the column that is left out.
def test_names_may_be_numbers_and_stand_in_one_text(tmp_path: Path) -> None:
    table = orchard().set_axis(range(4), axis="columns").assign(**{"4": 1.0})
    options: dict[str, Any] = {"drop": [0], "weight": 4, "estimator": "GaussianNB, LogisticRegression"}
    model = fit(table, 3, name="orchard", artifacts=tmp_path, progress=None, allow_weak=True, **options)  # type: ignore[arg-type]
    assert [feature.name for feature in model.signature.features] == ["1", "2"]
    assert model.trained is not None
    assert set(model.trained.fitted.scores) == {"GaussianNB", "LogisticRegression"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"drop": ["wieght"]}, "There is no column 'wieght' (drop=); did you mean 'weight'?"),
        ({"date": {"wieght": None}}, "There is no column 'wieght' (date=); did you mean 'weight'?"),
        ({"costs": {"FN": 1, "TP": 1}}, "costs= names FN and FP, such as FN=10,FP=1, not {'FN': 1, 'TP': 1}."),
        ({"estimator": "DumyClassifier"}, "There is no estimator 'DumyClassifier' for a classification; did you mean"),
        ({"threshold": 2}, "threshold= is a probability from 0 to 1, not 2."),
    ],
    ids=str,
)
def test_a_mistake_in_an_argument_is_said_in_python_s_words(
    options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(AskedWrongly) as refused:
        fit(orchard(), "kind", artifacts=tmp_path, **options)
    assert str(refused.value).startswith(sentence)
    assert not list(tmp_path.iterdir())


def test_the_table_is_read_as_the_arguments_say(tmp_path: Path) -> None:
    table = orchard()
    table["day"] = [f"{place % 28 + 1:02}.03.2024" for place in range(len(table))]
    table["times"] = [1 + place % 3 for place in range(len(table))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        model = fit(
            table, "kind", artifacts=tmp_path, date={"day": "%d.%m.%Y"}, weight="times", estimator="LogisticRegression"
        )
    types = {feature.name: str(feature.type) for feature in model.signature.features}
    assert types["day"] == "date"
    assert model.manifest.training.weight == "times"
    assert model.manifest.training.estimator == "LogisticRegression"
    answer = model.predict(table.drop(columns="kind").assign(day="2024-03-01").head(2))
    assert len(answer) == 2


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    """The path of a file, which the command takes, above all."""
    with pytest.raises(
        AskedWrongly, match=r"^fit takes a DataFrame, not a value of the type str; pandas reads files\.$"
    ):
        fit("orchard.csv", "kind", artifacts=tmp_path)  # type: ignore[arg-type]  # On purpose.


class OfAnotherLibrary:
    """A table as Polars has it."""

    def to_pandas(self) -> pd.DataFrame:
        """As pandas has it."""
        return pd.DataFrame()


@pytest.mark.parametrize(
    ("table", "options", "reason"),
    [
        (OfAnotherLibrary(), {}, "fit takes a DataFrame of pandas, and to_pandas() gives one."),
        (pd.DataFrame(), {"metric": len}, "metric is the name of a metric, or a Metric whose function is your own."),
        (pd.DataFrame(), {"threshold": "0.2"}, "threshold is a probability from 0 to 1, such as 0.2."),
        (pd.DataFrame(), {"costs": [1, 2]}, 'costs is {"FN": 10, "FP": 1}.'),
    ],
    ids=["another library", "metric", "threshold", "costs"],
)
def test_arguments_of_another_type_are_one_sentence(
    table: Any, options: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(AskedWrongly) as refused:
        fit(table, "kind", artifacts=tmp_path, **options)
    assert str(refused.value) == reason


@pytest.mark.slow
@pytest.mark.usefixtures("linear")
def test_it_warns_of_what_it_left_out_and_of_the_gate(tmp_path: Path) -> None:
    """A version that breaks callers of the champion is registered, given and not promoted."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingWarning)
        first = fit(orchard(), "kind", artifacts=tmp_path)
    assert first.name == "kind"
    with pytest.warns(TrainingWarning) as told:
        second = fit(orchard().drop(columns="skin.spots").assign(one=1), "kind", artifacts=tmp_path)
    texts = [str(warning.message) for warning in told]
    assert texts[0] == "one: left out, it has the same value in every row."
    assert texts[-1].startswith("Version 2 is registered and not promoted. Callers of the champion would break")
    assert texts[-1].endswith("allow_breaking=True promotes nevertheless.")
    assert second.trained is not None
    assert not [note for note in second.trained.notes if "--" in note.sentence]
    assert {warning.filename for warning in told} == {__file__}
    assert second.version == "2"
    assert Registry(tmp_path, "kind").champion() == 1
    assert "Not promoted. Callers of the champion" in second._repr_html_()


@pytest.mark.slow
@pytest.mark.usefixtures("linear")
def test_the_same_table_gives_the_same_version_and_a_rollback_holds(tmp_path: Path) -> None:
    """The same result is no new version; another one is not promoted until somebody lets go."""
    fit(orchard(), "kind", artifacts=tmp_path)
    second = fit(orchard(), "kind", artifacts=tmp_path, seed=1)
    assert (second.version, fit(orchard(), "kind", artifacts=tmp_path, seed=1).version) == ("2", "2")
    registry = Registry(tmp_path, "kind")
    hold = registry.rollback()
    with pytest.warns(TrainingWarning) as told:
        again = fit(orchard(), "kind", artifacts=tmp_path, seed=1)
    assert str(told[-1].message) == f"{hold}; twinserve.promote('kind', 2) or release=True lets go of it."
    assert (again.version, registry.champion()) == ("2", 1)
    fit(orchard(), "kind", artifacts=tmp_path, seed=1, release=True)
    assert registry.standing() == Standing(2)


class Colour(str, Enum):  # noqa: UP042  # A StrEnum's text is its value; this one's is not.
    """A text by name."""

    RED = "red"
    GREEN = "green"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::twinserve.TrainingWarning")  # The paint repeats the kind, on purpose.
@pytest.mark.usefixtures("linear")
def test_an_enumeration_s_member_is_its_text_in_training_as_in_a_prediction(tmp_path: Path) -> None:
    table = orchard()
    members = [Colour.RED if red else Colour.GREEN for red in table["kind"] == "apple"]
    painted = pd.Series(members, dtype=object)
    table = table[["weight"]].assign(paint=painted, kind=painted)
    model = fit(table, "kind", artifacts=tmp_path, keep_leaks=True)
    assert model.classes == ("green", "red")
    assert {feature.name: feature.vocabulary for feature in model.signature.features}["paint"] == ("green", "red")
    assert model.predict({"weight": 150, "paint": Colour.RED})["warnings"] == []
    assert not any(model.predict(table[["weight", "paint"]].head(2))["warnings"])


def test_a_target_that_cannot_be_learned_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match="no column 'price'"):
        fit(orchard(), "price", artifacts=tmp_path)
    with pytest.raises(AskedWrongly, match="give name="):
        fit(orchard(), "目標", artifacts=tmp_path)
    twice = orchard().assign(other=1).rename(columns={"other": "kind"})
    with pytest.raises(AskedWrongly, match=r"^Two columns are named 'kind'; rename one of them\.$"):
        fit(twice, "kind", artifacts=tmp_path)
    cut = pd.Series(["\ud83d", "b"] * len(orchard()), dtype=object)
    with pytest.raises(AskedWrongly, match="lone surrogate"):
        fit(orchard().assign(cut=cut), "kind", artifacts=tmp_path)
    with pytest.raises(AskedWrongly, match="'warn' or 'reject', not 'maybe'"):
        fit(orchard(), "kind", artifacts=tmp_path, out_of_range="maybe")  # type: ignore[arg-type]  # What must fail.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [("task", "regresion"), ("out_of_range", "ignore"), ("tolerance", -1), ("seed", -1), ("search_seconds", math.nan)],
)
def test_a_wrong_argument_is_named_before_anything_is_trained(tmp_path: Path, argument: str, value: object) -> None:
    wrong: dict[str, Any] = {argument: value}
    with pytest.raises(AskedWrongly, match=f"^{argument} is "):
        fit(orchard(), "kind", artifacts=tmp_path, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_seal_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(AskedWrongly, match=r"^seal_key: cannot be read"):
        fit(orchard(), "kind", artifacts=tmp_path, seal_key=tmp_path / "none.pem")


@pytest.mark.slow
@pytest.mark.usefixtures("linear")
def test_a_version_has_a_seal_and_a_commit_as_the_command_s_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    private, public = seal.new_keys()
    (tmp_path / "seal.key").write_bytes(private)
    (tmp_path / "seal.key.pub").write_bytes(public)
    made = fit(orchard(), "kind", artifacts=tmp_path / "store", seal_key=tmp_path / "seal.key")
    assert made.manifest.training.git_commit == git_commit(ROOT)
    assert open_model(tmp_path / "store", seal_key=tmp_path / "seal.key.pub").version == "1"


def test_a_notebook_reads_notes_and_importances_and_nothing_is_shown_of_a_silent_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notes name their column; each text is escaped, and nothing is loaded from elsewhere."""
    with pytest.warns(TrainingWarning):
        model = fit(orchard().assign(**{"<i>": 1}), "kind", artifacts=tmp_path, progress=None, promote=False)
    assert capsys.readouterr().err == ""
    html = model._repr_html_()
    assert "&lt;i&gt;" in html
    assert "<i>" not in html
    assert "it has the same value in every row" in html
    assert "loss when shuffled" in html
    assert "http" not in html


def test_a_model_may_be_refitted_on_all_rows(tmp_path: Path) -> None:
    model = fit(orchard(), "kind", artifacts=tmp_path, refit=True)
    assert model.manifest.training.refitted
    assert "Refitted on all rows" in model._repr_html_()
    again = fit(orchard(), "kind", artifacts=tmp_path)
    assert (model.version, again.version) == ("1", "2")
    assert again.trained is not None
    assert again.trained.outcome.verdict.lower_bound == 0.0  # Of the twin, which is the same model.


def test_tracking_without_mlflow_is_refused_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(AskedWrongly, match=r"^Tracking needs MLflow, which is not installed here: pip install mlflow"):
        fit(orchard(), "kind", artifacts=tmp_path, track=True)
    assert not list(tmp_path.iterdir())
