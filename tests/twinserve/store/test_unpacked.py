"""A skops file is opened only if it unpacks to a limited size."""

from __future__ import annotations

import io
import json
import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import skops.io
from sklearn.linear_model import LogisticRegression

from tests import hostile
from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store.artifact import Trust, open_version
from twinserve.store.pipelines.unpacked import SCHEMA, require_bounded

X = np.arange(12.0).reshape(6, 2)
FITTED = LogisticRegression().fit(X, [0, 1, 0, 1, 0, 1])


def archive(files: dict[str, bytes]) -> bytes:
    """A compressed one."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return held.getvalue()


def test_a_pipeline_s_file_passes_compressed_or_not() -> None:
    require_bounded(skops.io.dumps(FITTED))
    require_bounded(skops.io.dumps(FITTED, compression=zipfile.ZIP_DEFLATED))


def test_a_sparse_matrix_passes() -> None:
    """It is an archive in the archive."""
    require_bounded(skops.io.dumps(scipy.sparse.csr_matrix(X)))


@pytest.mark.parametrize(
    "files",
    [
        {"a.npy": bytes(bounds.UNPACKED), SCHEMA: b"{}"},
        {"a.npz": archive({"data.npy": bytes(bounds.UNPACKED)}), SCHEMA: b"{}"},
        {"a.npy": bytes(1_000_000), SCHEMA: json.dumps([{"file": "a.npy"}] * 20).encode()},
        {SCHEMA: b"[" + b" " * bounds.UNPACKED + b"]"},
    ],
    ids=["compressed", "an archive inside", "named twenty times", "a long schema"],
)
def test_what_unpacks_to_more_is_refused_before_it_is(files: dict[str, bytes]) -> None:
    content = archive(files)
    assert len(content) < 100_000
    with pytest.raises(ArtifactRefused, match="The pipeline unpacks to more than 16777216 bytes; "):
        require_bounded(content)


def test_a_version_with_such_a_pipeline_is_refused_and_memory_stays(version: Path) -> None:
    """A megabyte that unpacks to 800."""
    hostile.skops_bomb(version)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ArtifactRefused, match="unpacks to more than"):
        open_version(version, Trust())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
