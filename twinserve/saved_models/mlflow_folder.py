"""A scikit-learn model in an MLflow folder: its `MLmodel` file, its signature and its input example.

MLflow itself is not needed: the folder holds YAML, JSON, and a pickle or a skops file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinserve.errors import UnsupportedInput
from twinserve.saved_models.unreadable import Unreadable
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.left_out import column_paths
from twinserve.signature.signature import Path

if TYPE_CHECKING:
    import pandas as pd

MLMODEL: Final = "MLmodel"
FLAVOR: Final = "sklearn"
TYPES: Final[Mapping[str, FeatureType]] = {
    "boolean": FeatureType.BOOLEAN,
    "integer": FeatureType.INTEGER,
    "long": FeatureType.INTEGER,
    "float": FeatureType.NUMBER,
    "double": FeatureType.NUMBER,
    "string": FeatureType.STRING,
    "datetime": FeatureType.DATETIME,
}


@dataclass(frozen=True)
class Description:
    """What an `MLmodel` file says."""

    file: str
    """The model's file, relative to the folder."""
    sklearn_version: str | None
    inputs: Signature | None
    """The columns of the signature; None where there is no signature, or one of an array."""
    example: str | None
    """The file of the input example."""


def read(name: str, content: bytes) -> Description:
    """The description in an `MLmodel` file; raises `Unreadable` with the reason."""
    facts = _mapping(name, _yaml(name, content))
    flavors = _mapping(name, facts.get("flavors"))
    if FLAVOR not in flavors:
        listed = ", ".join(sorted(map(str, flavors))) or "none"
        raise Unreadable(f"{name} has no flavor {FLAVOR}, only {listed}; save the model with mlflow.sklearn.")
    flavor = _mapping(name, flavors[FLAVOR])
    version = flavor.get("sklearn_version")
    example = facts.get("saved_input_example_info")
    return Description(
        file=_inside(name, flavor.get("pickled_model")),
        sklearn_version=None if version is None else str(version),
        inputs=_inputs(name, facts.get("signature")),
        example=_inside(name, example.get("artifact_path")) if isinstance(example, dict) else None,
    )


def _yaml(name: str, content: bytes) -> Any:
    try:
        import yaml
    except ImportError:
        raise Unreadable(f"{name} needs PyYAML to be read: pip install 'twinserve[train]'.") from None
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _damaged(name) from None


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _damaged(name)
    return value


def _inside(name: str, path: Any) -> str:
    """A path of a file in the folder; raises `Unreadable` for one that leads out of it."""
    if not isinstance(path, str) or not path or "\0" in path:
        raise _damaged(name)
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise Unreadable(f"{name} names {path!r}, which is not in its folder.")
    return path


def _inputs(name: str, signature: Any) -> Signature | None:
    listed = signature.get("inputs") if isinstance(signature, dict) else None
    if listed is None:
        return None
    try:
        columns = json.loads(listed)
    except (TypeError, ValueError, RecursionError):
        raise _damaged(name) from None
    if not (isinstance(columns, list) and columns and all(isinstance(column, dict) for column in columns)):
        raise _damaged(name)
    if not all(isinstance(column.get("name"), str) for column in columns):
        return None  # An array.
    if any(column.get("type") == "tensor" for column in columns):
        raise Unreadable(f"{name} describes several arrays as inputs; scikit-learn takes one table.")
    paths = column_paths(column["name"] for column in columns)
    try:
        described = Signature(features=tuple(_feature(name, column, paths[column["name"]]) for column in columns))
        described.tree()
    except UnsupportedInput as error:
        raise Unreadable(f"{name}: {error}") from None
    return described


def _feature(name: str, column: Mapping[str, Any], path: Path) -> Feature:
    kind = column.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise Unreadable(
            f"{name} gives the column {column['name']!r} the type {kind!r}, which no feature can have; describe the "
            "columns with --input package.module:Class."
        )
    required = column.get("required", True) is not False
    return Feature(path=path, type=TYPES[kind], nullable=not required, required=required)


def read_example(content: bytes, names: Sequence[str]) -> pd.DataFrame | None:
    """The rows of an input example; None where it is no table of these columns."""
    import pandas as pd

    try:
        given = json.loads(content)
        split = isinstance(given, dict) and "data" in given
        rows, columns = (given["data"], given.get("columns", names)) if split else (given["inputs"], names)
        return pd.DataFrame(rows, columns=list(columns))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _damaged(name: str) -> Unreadable:
    return Unreadable(f"{name} is no description of a model, or damaged; save the model with MLflow again.")
