"""A saved model is opened whatever saved it, or refused with one sentence; a pickle only where it is trusted."""

from __future__ import annotations

import io
import os
import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harness import fruit
from twinserve.saved_models.saved_model import open_saved
from twinserve.saved_models.unreadable import Unreadable, other_version

pytestmark = pytest.mark.long

HERE = sklearn.__version__
RNG = np.random.default_rng(0)
X = RNG.random((60, 3))
Y = (X[:, 0] > 0.5).astype(int)
MODEL = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
SAVERS: dict[str, Any] = {
    "skops": lambda path: path.write_bytes(skops.io.dumps(MODEL)),
    "joblib": lambda path: joblib.dump(MODEL, path),
    **{
        f"joblib {method}": lambda path, method=method: joblib.dump(MODEL, path, compress=(method, 3))
        for method in ("zlib", "gzip", "bz2", "xz", "lzma")
    },
    **{
        f"pickle {protocol}": lambda path, protocol=protocol: path.write_bytes(pickle.dumps(MODEL, protocol))
        for protocol in range(6)
    },
}


def refusal(path: Path, *, trust_pickles: bool = True, most: int = 10**9) -> str:
    """The sentence of the error."""
    with pytest.raises(Unreadable) as refused:
        open_saved(path, trust_pickles=trust_pickles, most=most)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("saver", SAVERS)
def test_each_kind_of_file_is_opened_with_the_version_that_fitted_it(saver: str, tmp_path: Path) -> None:
    """Whatever the file is called."""
    path = tmp_path / "loans.model"
    SAVERS[saver](path)
    saved = open_saved(path, trust_pickles=saver != "skops")
    assert (saved.source, saved.fitted_with, saved.form) == (
        "loans.model",
        HERE,
        saver.partition(" ")[0].replace("joblib", "pickle"),
    )
    assert saved.estimator.predict_proba(X).tobytes() == MODEL.predict_proba(X).tobytes()


class Trap:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        """Make a folder."""
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("compress", [0, 3])
def test_a_pickle_is_not_opened_without_trust(compress: int, tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "loans.joblib"
    joblib.dump(Trap(trace), path, compress=compress)
    assert refusal(path, trust_pickles=False) == (
        f"{path} is a pickle, which may run any code when opened; give --trust-pickles if you made it yourself."
    )
    assert not trace.exists()
    open_saved(path, trust_pickles=True)
    assert trace.exists()


def test_a_pickle_of_another_version_is_not_opened_either(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "loans.pkl"
    path.write_bytes(pickle.dumps((MODEL, Trap(trace))).replace(HERE.encode(), other(HERE).encode()))
    assert f"was fitted with scikit-learn {other(HERE)} and this is {HERE}; " in refusal(path)
    assert not trace.exists()


def other(version: str) -> str:
    """Another version of as many characters."""
    return version[:-1] + str((int(version[-1]) + 1) % 10)


@pytest.mark.parametrize("saver", ["joblib", "pickle 0", "pickle 2", "pickle 5"])
def test_another_version_is_told_with_what_to_do(saver: str, tmp_path: Path) -> None:
    path = tmp_path / "loans.pkl"
    SAVERS[saver](path)
    path.write_bytes(path.read_bytes().replace(HERE.encode(), other(HERE).encode()))
    assert refusal(path) == (
        f"{path} was fitted with scikit-learn {other(HERE)} and this is {HERE}; install scikit-learn=={other(HERE)} in "
        "an environment of its own and import it there, or train it again."
    )


def test_one_part_of_another_version_is_enough(tmp_path: Path) -> None:
    """The trees of a forest, say, that somebody put together by hand."""
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    inner = pickle.dumps(forest.estimators_[0]).replace(HERE.encode(), other(HERE).encode())
    path = tmp_path / "forest.pkl"
    path.write_bytes(pickle.dumps([forest])[:-2] + inner[2:-1] + b"a.")
    assert f"was fitted with scikit-learn {other(HERE)}" in refusal(path)


def test_a_version_that_only_a_warning_tells_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the bytes name it in a form that the search does not know."""
    monkeypatch.setattr("twinserve.saved_models.pickle_file.versions_in_pickle", lambda *_: [])
    path = tmp_path / "loans.pkl"
    path.write_bytes(pickle.dumps(MODEL).replace(HERE.encode(), other(HERE).encode()))
    assert f"was fitted with scikit-learn {other(HERE)} and this is {HERE}; " in refusal(path)


def test_a_version_that_this_library_does_not_run_with_is_not_recommended() -> None:
    assert str(other_version("a.pkl", "1.2.1", "1.9.0")) == (
        "a.pkl was fitted with scikit-learn 1.2.1 and this is 1.9.0; train it again."
    )


def test_a_skops_file_of_another_version_is_told(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(MODEL))) as given, zipfile.ZipFile(made, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, given.read(name).replace(f'\\"{HERE}\\"'.encode(), f'\\"{other(HERE)}\\"'.encode()))
    path = tmp_path / "loans.skops"
    path.write_bytes(made.getvalue())
    assert f"was fitted with scikit-learn {other(HERE)} and this is {HERE}; " in refusal(path, trust_pickles=False)


@pytest.mark.parametrize("schema", [b"[]", b'"x"', b"null", b'{"protocol": 2}'])
def test_a_skops_file_with_a_schema_that_is_none_is_to_be_saved_again(schema: bytes, tmp_path: Path) -> None:
    """It belongs to no version, so there is nothing to restore or to train again."""
    path = tmp_path / "loans.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", schema)
    assert refusal(path).endswith("; save the model again.")


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_a_search_in_a_skops_file_is_opened_with_its_scorer(scoring: str | None, tmp_path: Path) -> None:
    path = tmp_path / "loans.skops"
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2, scoring=scoring).fit(X, Y)
    path.write_bytes(skops.io.dumps(search))
    opened = open_saved(path, trust_pickles=False, most=10**9)
    np.testing.assert_array_equal(opened.estimator.predict_proba(X), search.predict_proba(X))


def test_a_skops_file_with_a_type_that_is_not_listed_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "loans.skops"
    path.write_bytes(skops.io.dumps(make_pipeline(fruit.Doubling(), LogisticRegression()).fit(X, Y)))
    assert refusal(path) == (
        f"{path} was not opened. The pipeline holds a type that is not trusted: harness.fruit.Doubling. Save it as a "
        "pickle if you made it yourself."
    )


@pytest.mark.parametrize("saver", SAVERS)
@pytest.mark.parametrize("kept", [0.3, 0.98])
def test_a_truncated_file_is_one_sentence(saver: str, kept: float, tmp_path: Path) -> None:
    path = tmp_path / "loans.model"
    SAVERS[saver](path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no skops file, no pickle and no joblib file (it is empty)."),
        (b"a,b\n1,2\n", "is no skops file, no pickle and no joblib file."),
        (b"PK\x03\x04 and so on", "is no skops file, or damaged (BadZipFile); save the model again."),
        (b"\x80\x05\x95\xff", "it is damaged or incomplete"),
    ],
)
def test_what_is_no_model_is_told(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "loans.model"
    path.write_bytes(content)
    assert sentence in refusal(path)


def test_an_archive_that_is_no_skops_file_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(tmp_path / "a.zip").endswith("is no skops file, or damaged (KeyError); save the model again.")


def vanished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, *, gone: bool) -> Path:
    """The pickle of an object whose class is in a module that is gone, or has lost it."""
    home = types.ModuleType(module)
    made = type("Scaler", (), {"__module__": module})
    home.Scaler = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module, home)
    path = tmp_path / "loans.pkl"
    path.write_bytes(pickle.dumps(made()))
    if gone:
        monkeypatch.delitem(sys.modules, module)
    else:
        del home.Scaler
    return path


def test_a_class_of_a_module_that_is_not_there_is_told_by_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = vanished(tmp_path, monkeypatch, "our_features", gone=True)
    assert refusal(path) == (
        f"{path} needs the module 'our_features', which cannot be imported; run the command in the folder that holds "
        "it, or install it."
    )


def test_a_class_that_its_module_has_no_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = vanished(tmp_path, monkeypatch, "our_features", gone=False)
    assert refusal(path) == (
        f"{path} needs 'Scaler' of the module 'our_features', which has no such name; bring it back, or save the model "
        "again."
    )


def test_a_class_of_a_script_is_told(tmp_path: Path) -> None:
    path = tmp_path / "loans.pkl"
    path.write_bytes(b"\x80\x04\x8c\x08__main__\x8c\x06Scaler\x93)R.")
    assert refusal(path).startswith(f"{path} needs 'Scaler' of the script that saved it; move it into a module that ")


def test_a_missing_cloudpickle_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "loans.pkl"
    path.write_bytes(b"\x80\x04\x8c\x17cloudpickle.cloudpickle\x8c\x0e_make_function\x93.")
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    monkeypatch.delitem(sys.modules, "cloudpickle.cloudpickle", raising=False)
    assert refusal(path) == f"{path} needs cloudpickle: install it into this environment."


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "loans.skops"
    with path.open("wb") as file:
        file.truncate(10**12)
    sentence = "is no regular file, or has more than 1000 bytes (--max-artifact allows more)."
    assert refusal(path, most=1000) == f"{path} {sentence}"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in refusal(tmp_path / "pipe")


def test_a_link_is_told_with_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "loans.skops").symlink_to(tmp_path / "real.skops")
    expected = f"{tmp_path}/loans.skops is a link; give the path that it leads to, {tmp_path}/real.skops."
    assert refusal(tmp_path / "loans.skops") == expected
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert refusal(tmp_path / "round").startswith(f"{tmp_path}/round is a link; ")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.skops") == f"{tmp_path / 'no.skops'} cannot be read (No such file or directory)."
