"""A pipeline is tried in another process, whose bounds hold whatever happens in it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from tests import hostile
from tests.hostile import served_by_pipeline
from twinserve import bounds
from twinserve.errors import ArtifactRefused
from twinserve.store import seal
from twinserve.store.artifact import Trust, open_version
from twinserve.store.deadline import Deadline
from twinserve.store.pipelines import trial

pytestmark = pytest.mark.long


def refusal(folder: Path, deadline: Deadline | None = None) -> str:
    """Why this version is not opened."""
    with pytest.raises(ArtifactRefused) as refused:
        open_version(folder, Trust(), deadline or Deadline(60))
    return str(refused.value)


def altered(folder: Path, *pairs: tuple[bytes, bytes]) -> Path:
    """The version's pipeline with other bytes in its schema."""
    import io
    import zipfile

    path = folder / "pipeline.skops"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for old, new in pairs:
        assert old in files["schema.json"]
        files["schema.json"] = files["schema.json"].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    hostile.reseal(folder)
    return folder


def test_a_pipeline_is_tried_and_opened(version: Path) -> None:
    assert open_version(served_by_pipeline(version), Trust(), Deadline(60)).predictor.kind == "scikit-learn"


def test_what_is_refused_there_is_refused_here_in_the_same_words(version: Path) -> None:
    served_by_pipeline(version)
    (version / "golden.json").write_text(
        (version / "golden.json").read_text().replace('"label": "apple"', '"label": "pear"')
    )
    hostile.reseal(version)
    assert refusal(version).startswith("Golden row")


def test_one_that_bears_our_seal_needs_no_trial(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PROGRAM", "while True: pass")
    private, public = seal.new_keys()
    manifest = (served_by_pipeline(version) / "manifest.json").read_bytes()
    (version / seal.SEAL).write_bytes(seal.make(manifest, private))
    assert open_version(version, Trust(seal_key=public), Deadline(60)).predictor.kind == "scikit-learn"


def test_one_that_was_tried_needs_no_second_trial(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one does."""
    tried = open_version(served_by_pipeline(version), Trust(), Deadline(60)).manifest
    monkeypatch.setattr(trial, "PROGRAM", "while True: pass")
    assert open_version(version, Trust(), Deadline(60), tried).predictor.kind == "scikit-learn"
    (version / "golden.json").write_text((version / "golden.json").read_text() + " ")
    hostile.reseal(version)
    with pytest.raises(ArtifactRefused, match="was not open"):
        open_version(version, Trust(), Deadline(0.5), tried)


def test_nothing_comes_from_the_working_directory(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sklearn.py").write_text("raise SystemExit('taken')")
    monkeypatch.chdir(tmp_path)
    assert open_version(served_by_pipeline(version), Trust(), Deadline(60)).predictor.kind == "scikit-learn"


def test_one_that_never_ends_is_ended(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "PROGRAM", "while True: pass")
    began = time.monotonic()
    assert "was not open after 0.5 s" in refusal(served_by_pipeline(version), Deadline(0.5))
    assert time.monotonic() - began < 30


def test_one_that_is_given_up_is_ended(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a server stops."""
    monkeypatch.setattr(trial, "PROGRAM", "while True: pass")
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    assert "cancelled" in refusal(served_by_pipeline(version), Deadline(60, stop))


@pytest.mark.parametrize("program", ["import os; os.abort()", "import sys; sys.exit(1)"])
def test_a_crash_is_a_refusal(version: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(trial, "PROGRAM", f"import sys; sys.stdin.buffer.read(); {program}")
    assert refusal(served_by_pipeline(version)).startswith("The pipeline takes more than")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not count the memory of a process")
def test_one_that_takes_too_much_memory_is_refused(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TRIAL_MEMORY", 0)
    monkeypatch.setattr(bounds, "TRIAL_TIMES", 0)
    assert "restore the artifact or train again." in refusal(served_by_pipeline(version))


def test_inside_of_another_program_nothing_is_tried(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As uWSGI is one: its own name stands where Python's should."""
    monkeypatch.setattr(sys, "executable", "/usr/bin/uwsgi")
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    assert trial.interpreter() is None
    assert open_version(served_by_pipeline(version), Trust(), Deadline(60)).predictor.kind == "scikit-learn"
