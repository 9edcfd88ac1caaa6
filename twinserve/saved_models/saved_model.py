"""`open_saved`: the fitted model at a path, whatever saved it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.saved_models import mlflow_folder, pickle_file, skops_file
from twinserve.saved_models.unreadable import Unreadable, other_version
from twinserve.signature import Signature
from twinserve.store.store_file import open_folder

SMALL: Final = bounds.MIB
"""Bytes of a description or an input example."""


@dataclass(frozen=True)
class SavedModel:
    """A fitted model, and what was saved with it."""

    estimator: Any
    source: str
    """The name of the file or folder."""
    form: str
    fitted_with: str | None
    """The version of scikit-learn that fitted it, if that was saved."""
    inputs: Signature | None = None
    example: bytes | None = None
    """The JSON of an input example, for `mlflow_folder.read_example`."""


def open_saved(path: Path, *, trust_pickles: bool, most: int = bounds.ARTIFACT) -> SavedModel:
    """The model in a skops file, a pickle or an MLflow folder; raises `Unreadable` and `OSError`.

    `most`: the limit of a file's bytes. Raises before anything is opened that another scikit-learn fitted."""
    path = Path(os.path.normpath(path))
    if path.is_symlink():
        raise Unreadable(f"{path} is a link; give the path that it leads to, {os.path.realpath(path)}.")
    if path.is_dir():
        return _from_mlflow(path, trust_pickles=trust_pickles, most=most)
    content = _content(path, path.name, most)
    return _from_file(str(path), _source(path), content, trust_pickles=trust_pickles, most=most)


def _source(path: Path) -> str:
    """The name of a file, of which bytes that are no UTF-8 are replaced: the manifest is text."""
    return os.fsencode(path.name).decode(errors="replace")


def _from_file(shown: str, source: str, content: bytes, *, trust_pickles: bool, most: int) -> SavedModel:
    if skops_file.is_skops(content):
        estimator, version = skops_file.load(shown, content)
        return SavedModel(estimator, source, "skops", version)
    if pickle_file.is_pickle(content):
        estimator, version = pickle_file.load(shown, content, trust_pickles=trust_pickles, most=most)
        return SavedModel(estimator, source, "pickle", version)
    raise Unreadable(f"{shown} is no skops file, no pickle and no joblib file{' (it is empty)' * (not content)}.")


def _from_mlflow(folder: Path, *, trust_pickles: bool, most: int) -> SavedModel:
    import sklearn

    about = folder / mlflow_folder.MLMODEL
    if not about.exists():
        raise Unreadable(f"{folder} is no MLflow model: it holds no file {mlflow_folder.MLMODEL}.")
    described = mlflow_folder.read(str(about), _content(folder, mlflow_folder.MLMODEL, SMALL))
    version = described.sklearn_version
    if version not in (None, sklearn.__version__):
        raise other_version(str(folder), version, sklearn.__version__)
    content = _content(folder, described.file, most)
    model = _from_file(str(folder / described.file), _source(folder), content, trust_pickles=trust_pickles, most=most)
    example = _optional(folder, described.example)
    return SavedModel(
        model.estimator, model.source, f"MLflow, {model.form}", version or model.fitted_with, described.inputs, example
    )


def _optional(folder: Path, name: str | None) -> bytes | None:
    """The content of a file that nothing depends on; None where it is missing or too large."""
    try:
        return None if name is None else _content(folder, name, SMALL)
    except (Unreadable, OSError):
        return None


def _content(path: Path, name: str, most: int) -> bytes:
    """The content of a regular file: of `path` itself, or of one in the folder `path`."""
    folder = path if path.is_dir() else path.parent
    try:
        with open_folder(folder, most) as opened:
            return opened.read(name)[1]
    except ArtifactRefused:
        raise Unreadable(
            f"{folder / name} is no regular file, or has more than {most} bytes (--max-artifact allows more)."
        ) from None
    except OSError as error:
        raise Unreadable(f"{folder / name} cannot be read ({error.strerror}).") from None
