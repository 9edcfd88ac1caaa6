"""An MLflow folder is read without MLflow: flavor, version, signature, input example."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
import skops.io
import yaml
from sklearn.linear_model import LogisticRegression

from twinserve.saved_models.mlflow_folder import read_example
from twinserve.saved_models.saved_model import open_saved
from twinserve.saved_models.unreadable import Unreadable

pytestmark = pytest.mark.long

X = np.random.default_rng(0).random((60, 2))
MODEL = LogisticRegression().fit(X, X[:, 0] > 0.5)
COLUMNS = [
    {"type": "long", "name": "age", "required": True},
    {"type": "double", "name": "income.yearly", "required": False},
]


def folder(path: Path, *, form: str = "skops", inputs: Any = None, **changed: Any) -> Path:
    """A folder as `mlflow.sklearn.save_model` writes one."""
    file = "model.skops" if form == "skops" else "model.pkl"
    flavor = {"code": None, "pickled_model": file, "serialization_format": form, "sklearn_version": sklearn.__version__}
    about: dict[str, Any] = {
        "flavors": {"python_function": {"loader_module": "mlflow.sklearn"}, "sklearn": flavor | changed},
        "mlflow_version": "3.0.0",
    }
    if inputs is not None:
        about["signature"] = {"inputs": json.dumps(inputs), "outputs": None, "params": None}
    (path / "MLmodel").write_text(yaml.safe_dump(about))
    (path / file).write_bytes(skops.io.dumps(MODEL) if form == "skops" else pickle.dumps(MODEL))
    return path


def refusal(path: Path, *, trust_pickles: bool = True) -> str:
    """The sentence of the error."""
    with pytest.raises(Unreadable) as refused:
        open_saved(path, trust_pickles=trust_pickles)
    assert str(refused.value).endswith(".")
    return str(refused.value)


@pytest.mark.parametrize("form", ["skops", "pickle", "cloudpickle"])
def test_a_folder_gives_its_model_and_version(form: str, tmp_path: Path) -> None:
    saved = open_saved(folder(tmp_path, form=form), trust_pickles=form != "skops")
    assert (saved.source, saved.fitted_with, saved.inputs) == (tmp_path.name, sklearn.__version__, None)
    assert saved.estimator.predict(X).tolist() == MODEL.predict(X).tolist()


def test_its_pickle_needs_trust_too(tmp_path: Path) -> None:
    assert refusal(folder(tmp_path, form="cloudpickle"), trust_pickles=False) == (
        f"{tmp_path}/model.pkl is a pickle, which may run any code when opened; give --trust-pickles if you made it "
        "yourself."
    )


def test_columns_become_features_with_nulls_where_they_are_not_required(tmp_path: Path) -> None:
    saved = open_saved(folder(tmp_path, inputs=COLUMNS), trust_pickles=False)
    assert saved.inputs is not None
    assert [(f.path, str(f.type), f.nullable, f.required) for f in saved.inputs.features] == [
        (("age",), "integer", False, True),
        (("income", "yearly"), "number", True, False),
    ]


def test_an_array_describes_no_columns(tmp_path: Path) -> None:
    tensor = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]
    assert open_saved(folder(tmp_path, inputs=tensor), trust_pickles=False).inputs is None


def test_another_version_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    made = folder(tmp_path, form="pickle", sklearn_version="1.7.0")
    (made / "model.pkl").write_bytes(b"")
    assert refusal(made).startswith(f"{tmp_path} was fitted with scikit-learn 1.7.0 and this is ")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"pickled_model": "../secret.pkl"}, "names '../secret.pkl', which is not in its folder."),
        ({"pickled_model": "/etc/passwd"}, "names '/etc/passwd', which is not in its folder."),
        ({"pickled_model": None}, "is no description of a model, or damaged"),
        ({"pickled_model": "gone.pkl"}, "cannot be read (No such file or directory)."),
        (
            {"inputs": [{"type": "binary", "name": "photo"}]},
            "gives the column 'photo' the type 'binary', which no feature",
        ),
        ({"inputs": [{"type": "double", "name": "a"}, {"type": "double", "name": "a"}]}, "share"),
        ({"inputs": "x"}, "is no description of a model, or damaged"),
        ({"pickled_model": "a\0b"}, "is no description of a model, or damaged"),
    ],
)
def test_a_strange_description_is_one_sentence(changed: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    assert sentence in refusal(folder(tmp_path, **changed))


@pytest.mark.parametrize("text", ["", "[1, 2", "- a\n- b\n", "flavors: 3\n", "a: !!python/object/apply:os.getcwd []\n"])
def test_a_damaged_description_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(text)
    assert refusal(tmp_path).endswith("is no description of a model, or damaged; save the model with MLflow again.")


def test_another_flavor_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {xgboost: {}, python_function: {}}\n")
    assert refusal(tmp_path).endswith(
        "has no flavor sklearn, only python_function, xgboost; save the model with mlflow.sklearn."
    )


def test_a_folder_without_a_description_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is no MLflow model: it holds no file MLmodel."


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.skops").write_bytes(skops.io.dumps(MODEL))
    made = tmp_path / "made"
    made.mkdir()
    folder(made)
    (made / "model.skops").unlink()
    (made / "model.skops").symlink_to(tmp_path / "real.skops")
    assert "model.skops is no regular file" in refusal(made)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ({"columns": ["b", "a"], "data": [[1, 2]]}, [{"b": 1, "a": 2}]),
        ({"data": [[1, 2]]}, [{"a": 1, "b": 2}]),
        ({"inputs": [[1, 2]]}, [{"a": 1, "b": 2}]),
        ({"inputs": [[1, 2, 3]]}, None),
        ([1], None),
    ],
)
def test_an_example_is_read_where_it_is_a_table(content: Any, rows: Any) -> None:
    frame = read_example(json.dumps(content).encode(), ["a", "b"])
    assert (None if frame is None else frame.to_dict("records")) == rows
