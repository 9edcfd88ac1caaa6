"""A model in a skops file, of which only listed types are opened."""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import Any, Final

from twinserve.errors import ArtifactRefused
from twinserve.saved_models.recorded_version import versions_in_skops
from twinserve.saved_models.unreadable import Unreadable, other_version
from twinserve.store.deadline import Deadline
from twinserve.store.pipelines import pipeline_file, trial
from twinserve.store.pipelines.unpacked import RESTORE, SCHEMA, require_bounded

ZIP: Final = b"PK"
SECONDS: Final = 60.0
"""How long opening may take."""


def is_skops(content: bytes) -> bool:
    """Does the file begin as an archive does?"""
    return content.startswith(ZIP)


def load(name: str, content: bytes) -> tuple[Any, str | None]:
    """The object in a skops file, and the version of scikit-learn that it names; raises `Unreadable`.

    It is opened in a process of its own first, with bounds on memory and time."""
    import sklearn

    versions = _versions(name, content)
    for version in versions:
        if version != sklearn.__version__:
            raise other_version(name, version, sklearn.__version__)
    try:
        trial.try_pipeline(content, Deadline(SECONDS))
        return _opened(content), versions[0] if versions else None
    except ArtifactRefused as error:
        raise _not_opened(name, error) from None
    except Exception as error:  # A schema may name anything.
        raise _damaged(name, error) from None


def _not_opened(name: str, error: ArtifactRefused) -> Unreadable:
    """The refusal of a pipeline as that of a file that belongs to no version."""
    refusal = str(error).replace(RESTORE, "save the model again")
    return Unreadable(f"{name} was not opened. {refusal}{_advice(refusal)}")


def _advice(refusal: str) -> str:
    return " Save it as a pickle if you made it yourself." if "not trusted" in refusal else ""


def _opened(content: bytes) -> Any:
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        return pipeline_file.load_skops(content)


def _versions(name: str, content: bytes) -> list[str]:
    try:
        require_bounded(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return versions_in_skops(archive.read(SCHEMA))
    except ArtifactRefused as error:
        raise _not_opened(name, error) from None
    except Exception as error:  # An archive may be damaged in any way.
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> Unreadable:
    return Unreadable(f"{name} is no skops file, or damaged ({type(error).__name__}); save the model again.")
