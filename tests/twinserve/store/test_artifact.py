"""A version on disk is opened whole and unaltered, or refused with one sentence that says what to do."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import reseal, served_by_pipeline
from twinserve.errors import ArtifactRefused
from twinserve.signature import Columns
from twinserve.store import artifact, manifest
from twinserve.store.artifact import LoadedArtifact, Trust, open_version, read_manifest

PICKLES = Trust(pickles=True)
FILES = ("manifest.json", "signature.json", "golden.json", "card.md", "model.onnx", "pipeline.skops")


def refusal(folder: Path, trust: Trust = PICKLES) -> str:
    """Why this version is not opened: one sentence."""
    with pytest.raises(ArtifactRefused) as refused:
        open_version(folder, trust)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "; " in sentence, "A refusal says what to do."
    return sentence


class Touching:
    """A pickle of this writes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


# ---- what is opened -------------------------------------------------------------------------------------------------


def test_a_version_opens_and_predicts(version: Path) -> None:
    opened = open_version(version, Trust())
    assert opened.manifest.name == "fruit"
    assert [feature.name for feature in opened.signature.features] == ["weight", "skin.colour", "skin.spots"]
    assert opened.predictor.kind == "compiled"
    predictions = opened.predictor.predict(Columns(np.array([[150.0, 1.0, np.nan]])))
    assert predictions.labels is not None
    assert len(predictions.labels) == 1


def test_a_version_is_where_it_is_whatever_it_is_called(version: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(version)
    assert isinstance(open_version(link, Trust()), LoadedArtifact)


def test_a_pipeline_without_graph_opens(version: Path) -> None:
    assert open_version(served_by_pipeline(version), Trust()).predictor.kind == "scikit-learn"


def test_what_is_written_is_what_is_read(version: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in version.glob("*.*") if path.name != "manifest.json"}
    copy = tmp_path / "copy"
    copy.mkdir()
    artifact.write(copy, files | {"figures/roc.png": b"drawn"}, read_manifest(version))
    opened = open_version(copy, Trust())
    assert set(opened.manifest.files) == {*files, "figures/roc.png"}
    assert opened.manifest.files["card.md"] == manifest.digest(files["card.md"])


def test_nothing_is_written_over(version: Path) -> None:
    with pytest.raises(FileExistsError):
        artifact.write(version, {"card.md": b""}, read_manifest(version))


# ---- damage in every place ------------------------------------------------------------------------------------------


def emptied(path: Path) -> None:
    """Nothing left."""
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    """The last byte is gone."""
    path.write_bytes(path.read_bytes()[:-1])


def halved(path: Path) -> None:
    """As after a full disk."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def extended(path: Path) -> None:
    """One byte too many; after JSON, even one that changes nothing."""
    path.write_bytes(path.read_bytes() + b"\n")


def flipped(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def linked(path: Path) -> None:
    """The right bytes, elsewhere."""
    target = path.rename(path.parent.with_suffix(".elsewhere"))
    path.symlink_to(target)


def dangling(path: Path) -> None:
    """A link to nothing."""
    path.unlink()
    path.symlink_to("nowhere")


def made_a_folder(path: Path) -> None:
    """A folder of that name."""
    path.unlink()
    path.mkdir()


def made_a_pipe(path: Path) -> None:
    """A pipe, which would wait for ever for its writer."""
    path.unlink()
    os.mkfifo(path)


DAMAGES = (Path.unlink, emptied, truncated, halved, flipped, linked, dangling, made_a_folder, made_a_pipe)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_damage_to_any_file_is_refused(version: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(version / name)
    assert name in refusal(version)


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_of_the_manifest_may_flip(pristine_fruit: Path, place: int, bit: int) -> None:
    """Nothing else holds its digest."""
    content = bytearray((pristine_fruit / "manifest.json").read_bytes())
    content[place % len(content)] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "manifest.json").write_bytes(content)
        with pytest.raises(ArtifactRefused):
            read_manifest(Path(folder))


@pytest.mark.parametrize("name", FILES)
def test_one_more_byte_is_refused_even_where_it_means_nothing(version: Path, name: str) -> None:
    extended(version / name)
    assert refusal(version) == f"The file {name} was altered after training; restore it or train again."


@pytest.mark.parametrize(("one", "other"), [("golden.json", "signature.json"), ("model.onnx", "pipeline.skops")])
def test_two_files_swapped_are_refused(version: Path, one: str, other: str) -> None:
    (version / one).rename(version / "aside")
    (version / other).rename(version / one)
    (version / "aside").rename(version / other)
    assert "was altered after training" in refusal(version)


@pytest.mark.parametrize("name", ["extra.txt", "pipeline.joblib", ".hidden", "figures/more.png", "manifest.json.bak"])
def test_a_file_too_many_is_refused(version: Path, name: str) -> None:
    (version / name).parent.mkdir(exist_ok=True)
    (version / name).write_text("x")
    assert refusal(version) == f"The file {name} does not belong to the artifact; remove it or train again."


def test_a_link_too_many_is_refused(version: Path) -> None:
    (version / "more").symlink_to("/etc")
    assert "more is neither a file nor a folder" in refusal(version)


@pytest.mark.parametrize("make", [Path.exists, Path.mkdir, Path.touch], ids=["nothing", "empty", "a file"])
def test_no_version_at_all_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "none")
    assert refusal(tmp_path / "none") == "There is no manifest.json; restore the artifact or train again."


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"format":' + b"9" * 5000 + b"}",
     b'{"format": "1"}', b'{"format": null}'],
    ids=lambda content: content[:14].decode("latin-1"),
)  # fmt: skip
def test_a_damaged_manifest_is_refused(version: Path, content: bytes) -> None:
    (version / "manifest.json").write_bytes(content)
    assert refusal(version) == "manifest.json is damaged; restore the artifact or train again."
    with pytest.raises(ArtifactRefused):
        read_manifest(version)


def test_a_newer_format_is_refused_by_its_number(version: Path) -> None:
    reseal(version, format=manifest.FORMAT + 1)
    assert refusal(version) == "The artifact has format 3 and this program reads 2; update it."


def test_an_older_format_is_refused_by_its_number(version: Path) -> None:
    reseal(version, format=1)
    assert refusal(version) == "The artifact has format 1 and this program reads 2; train again."


def test_a_newer_format_is_told_from_damage_whatever_else_changed(version: Path) -> None:
    (version / "manifest.json").write_text('{"format": 7, "everything": "else"}')
    assert refusal(version) == "The artifact has format 7 and this program reads 2; update it."


def test_a_manifest_that_names_files_outside_is_refused(version: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    facts = json.loads((version / "manifest.json").read_text())
    reseal(version, files=facts["files"] | {"../outside": manifest.digest(b"x")})
    assert "The file ../outside is missing" in refusal(version)


# ---- what a manifest vouches for and no program can use -------------------------------------------------------------


@pytest.mark.parametrize("name", ["signature.json", "golden.json", "model.onnx"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[{}]", b"null", b"\x00\xff", b"[" * 10_000])
def test_nonsense_with_the_right_digest_is_refused(version: Path, name: str, content: bytes) -> None:
    (version / name).write_bytes(content)
    reseal(version)
    assert name in refusal(version)


@pytest.mark.parametrize("name", ["signature.json", "golden.json", "model.onnx"])
def test_a_needed_file_that_the_manifest_does_not_know_is_refused(version: Path, name: str) -> None:
    (version / name).unlink()
    reseal(version)
    refusal(version)


def test_a_version_without_any_model_is_refused(version: Path) -> None:
    (version / "pipeline.skops").unlink()
    served_by_pipeline(version)
    assert refusal(version) == "The artifact holds no model; train again."


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense"])
def test_a_pipeline_that_is_none_is_refused(version: Path, content: bytes) -> None:
    (version / "pipeline.skops").write_bytes(content)
    assert "pipeline.skops" in refusal(served_by_pipeline(version))


def test_a_pickle_that_is_none_is_refused(pickled: Path) -> None:
    (pickled / "model.onnx").unlink(missing_ok=True)
    (pickled / "pipeline.joblib").write_bytes(b"nonsense")
    reseal(pickled, predictor={"kind": "scikit-learn", "reason": "A test."})
    assert "pipeline.joblib" in refusal(pickled)


@pytest.mark.parametrize(
    "change",
    [
        lambda pair: pair["reply"]["probabilities"].update(apple=pair["reply"]["probabilities"]["apple"] + 1e-6),
        lambda pair: pair["reply"].update(label="banana"),
        lambda pair: pair["reply"].update(extra=1),
        lambda pair: pair["request"].update(weight=-1),
        lambda pair: pair["request"].update(weight="heavy"),
        lambda pair: pair.pop("request"),
        lambda pair: pair.pop("reply"),
    ],
)
def test_another_answer_to_a_golden_row_is_refused(version: Path, change: Callable[[Any], object]) -> None:
    pairs = json.loads((version / "golden.json").read_text())
    change(pairs[2])
    (version / "golden.json").write_text(json.dumps(pairs))
    reseal(version)
    refusal(version)


def test_another_scikit_learn_refuses_a_pipeline_and_not_a_compiled_model(version: Path) -> None:
    facts = json.loads((version / "manifest.json").read_text())
    facts["training"]["libraries"]["scikit-learn"] = "0.0.1"
    reseal(version, training=facts["training"])
    assert open_version(version, Trust()).predictor.kind == "compiled"
    assert "fitted with scikit-learn 0.0.1" in refusal(served_by_pipeline(version))


# ---- pickles --------------------------------------------------------------------------------------------------------


def with_pickle(pickled: Path, content: bytes) -> Path:
    """The version with another pickle in it, served by it, and with the digests of before."""
    (pickled / "model.onnx").unlink(missing_ok=True)
    reseal(pickled, predictor={"kind": "scikit-learn", "reason": "A test."})
    (pickled / "pipeline.joblib").write_bytes(content)
    return pickled


def test_a_pickle_is_opened_only_where_the_settings_trust_it(pickled: Path) -> None:
    served_by_pickle = with_pickle(pickled, (pickled / "pipeline.joblib").read_bytes())
    assert "The pipeline is a pickle" in refusal(served_by_pickle, Trust())
    assert open_version(served_by_pickle, PICKLES).predictor.kind == "scikit-learn"


def test_no_pickle_runs_before_its_digest_held(pickled: Path, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    with_pickle(pickled, pickle.dumps(Touching(touched)))
    assert "pipeline.joblib was altered" in refusal(pickled, PICKLES)
    assert not touched.exists()


def test_no_pickle_runs_where_the_settings_do_not_trust_it(pickled: Path, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    with_pickle(pickled, pickle.dumps(Touching(touched)))
    reseal(pickled)
    assert "The pipeline is a pickle" in refusal(pickled, Trust())
    assert not touched.exists()


def test_the_pickle_of_these_tests_does_run_once_trusted(pickled: Path, tmp_path: Path) -> None:
    """Else the two tests above could not fail."""
    touched = tmp_path / "touched"
    with_pickle(pickled, pickle.dumps(Touching(touched)))
    reseal(pickled)
    refusal(pickled, PICKLES)
    assert touched.exists()


def test_a_pickle_under_the_name_of_a_skops_file_is_not_run(version: Path, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    (version / "pipeline.skops").write_bytes(pickle.dumps(Touching(touched)))
    assert "pipeline.skops" in refusal(served_by_pipeline(version))
    assert not touched.exists()


# ---- the manifest alone ---------------------------------------------------------------------------------------------


def test_the_manifest_is_read_without_looking_at_the_rest(version: Path) -> None:
    shutil.copy(version / "manifest.json", version.parent / "kept.json")
    for name in FILES[1:]:
        (version / name).unlink()
    assert read_manifest(version).name == "fruit"
    (version / "manifest.json").unlink()
    with pytest.raises(ArtifactRefused, match=r"^There is no manifest\.json"):
        read_manifest(version)
