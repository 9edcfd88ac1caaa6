"""The file of a fitted pipeline: skops if possible, else joblib, a pickle that only some servers' settings allow.

A skops file names the types that it needs; the list in `trusted_types.py` decides which of them may
be loaded.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

from twinserve.errors import ArtifactRefused, CannotPackage
from twinserve.estimators.introspection import parts
from twinserve.store.pipelines.trusted_types import TRUSTED
from twinserve.store.pipelines.unpacked import require_bounded

SKOPS: Final = "pipeline.skops"
JOBLIB: Final = "pipeline.joblib"

FORMER: Final = frozenset({"model.calendar.Calendar", "model.coded.Coded"})
"""Earlier names of our classes, which older files have."""


def require_fitted_here(estimator: Any) -> None:
    """Raise `CannotPackage` where another scikit-learn fitted a part of an estimator that was loaded from a file.

    scikit-learn 1.6 to 1.8 keep the version in each loaded estimator; later ones only warn while they load it."""
    import sklearn

    for part in (estimator, *parts(estimator)):
        version = vars(part).get("_sklearn_version") if hasattr(part, "__dict__") else None
        if version not in (None, sklearn.__version__):
            raise CannotPackage(
                f"{type(part).__name__} was fitted with scikit-learn {version} and this is {sklearn.__version__}; "
                "install that version or train again."
            )


def dump(pipeline: Any) -> tuple[str, bytes]:
    """The name and content of a pipeline's file: skops if all of its types are trusted, else joblib."""
    import skops.io

    try:
        content: bytes = skops.io.dumps(pipeline)
        if set(skops.io.get_untrusted_types(data=content)) <= TRUSTED:
            return SKOPS, content
    except Exception:  # noqa: S110  # An estimator may raise anything here; joblib is the alternative.
        pass
    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return JOBLIB, buffer.getvalue()


def load(name: str, content: bytes, *, made_with: str, trust_pickles: bool) -> Any:
    """The pipeline in a file whose digest was checked; raises `ArtifactRefused` with what to do.

    `made_with` is the version of scikit-learn that fitted it; another version might load it and predict differently.
    """
    import sklearn

    if made_with != sklearn.__version__:
        raise ArtifactRefused(
            f"The pipeline was fitted with scikit-learn {made_with} and this is {sklearn.__version__}; "
            "install that version or train again."
        )
    if name == JOBLIB and not trust_pickles:
        raise ArtifactRefused(
            "The pipeline is a pickle, which may run any code when opened; "
            "allow pickles in the server's settings (TRUST_PICKLES) if you made it yourself."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error", sklearn.exceptions.InconsistentVersionWarning)
        return _load_pickle(content) if name == JOBLIB else load_skops(content)


def load_skops(content: bytes) -> Any:
    """The object in a skops file; raises `ArtifactRefused` for a type that is not on the list, or too large a file."""
    import skops.io

    require_bounded(content)
    wanted = set(skops.io.get_untrusted_types(data=content))
    if former := sorted(wanted & FORMER):
        raise ArtifactRefused(f"The pipeline was stored when {former[0]} had another name; train again.")
    if not wanted <= TRUSTED:
        raise ArtifactRefused(f"The pipeline holds a type that is not trusted: {sorted(wanted - TRUSTED)[0]}.")
    return skops.io.loads(content, trusted=sorted(wanted))


def _load_pickle(content: bytes) -> Any:
    import joblib

    return joblib.load(io.BytesIO(content))
