"""The predictor in a version's files: a compiled model, or the pipeline, where none was proved."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from twinserve.errors import ArtifactRefused
from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.fallback import SklearnPredictor
from twinserve.predict.predictor import Predictor
from twinserve.signature import Signature
from twinserve.store import twin
from twinserve.store.manifest import Manifest
from twinserve.store.pipelines import pipeline_file
from twinserve.store.unreadable import unreadable

MODEL: Final = "model.onnx"


@contextlib.contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turns any exception into `ArtifactRefused`: a version that cannot be opened must not end the server."""
    try:
        yield
    except ArtifactRefused:
        raise
    except OSError as error:
        raise unreadable(f"What {name} needs", error) from error
    except MemoryError as error:
        raise unreadable(f"What {name} needs", OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))) from error
    except Exception as error:
        raise ArtifactRefused(
            f"{name} cannot be used by this program ({type(error).__name__}); restore the artifact or train again."
        ) from error


def open_predictor(
    facts: Manifest, files: Mapping[str, bytes], signature: Signature, *, trust_pickles: bool
) -> Predictor:
    """What serves; raises `ArtifactRefused`."""
    if facts.predictor.kind == "compiled":
        if MODEL not in files:
            raise ArtifactRefused("The artifact names a compiled model and holds none; restore it or train again.")
        with refusing(MODEL):
            return CompiledPredictor(files[MODEL])
    name = pipeline_file.SKOPS if pipeline_file.SKOPS in files else pipeline_file.JOBLIB
    if name not in files:
        raise ArtifactRefused("The artifact holds no model; train again.")
    return _fitted(name, facts, files, signature, trust_pickles=trust_pickles)


def open_twin(facts: Manifest, files: Mapping[str, bytes], signature: Signature, *, trust_pickles: bool) -> Predictor:
    """What judges a refitted version; raises `ArtifactRefused`."""
    name = next((name for name in (twin.MODEL, twin.SKOPS, twin.JOBLIB) if name in files), None)
    if name is None:
        raise ArtifactRefused("The artifact was refitted and holds no twin to judge it by; train again.")
    if name != twin.MODEL:
        return _fitted(name, facts, files, signature, trust_pickles=trust_pickles)
    with refusing(name):
        return CompiledPredictor(files[name])


def _fitted(
    name: str, facts: Manifest, files: Mapping[str, bytes], signature: Signature, *, trust_pickles: bool
) -> SklearnPredictor:
    kind = pipeline_file.SKOPS if name in (pipeline_file.SKOPS, twin.SKOPS) else pipeline_file.JOBLIB
    made_with = facts.training.libraries.get("scikit-learn", "an unknown version")
    with refusing(name):
        pipeline: Any = pipeline_file.load(kind, files[name], made_with=made_with, trust_pickles=trust_pickles)
        return SklearnPredictor(pipeline, signature, facts.target)
