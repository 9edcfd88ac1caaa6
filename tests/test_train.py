"""`train.py` as users run it: options, exit codes, and one sentence for each failure."""

from __future__ import annotations

import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from twinserve.store import manifest
from twinserve.store.artifact import LoadedArtifact, Trust, open_version, read_manifest
from twinserve.store.promotions import Standing
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long]

HERE = Path(__file__).parent.parent
PAGE = 4096
"""Bytes: what a file of one byte takes on a disk."""
DEADLINE = 120.0
STEPS = ("loading", "compiling", "proving", "evaluating", "registering", "comparing with the champion")
"""What a training says between the steps of its fit."""
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("TWINSERVE_")}


def command(store: Path, *options: str) -> list[str]:
    """The command line of a training into this store."""
    return [sys.executable, str(HERE / "train.py"), "--artifacts", str(store), *options]


def train(store: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a training to its end."""
    return subprocess.run(
        command(store, *options),
        cwd=store.parent,
        env=CLEAN | variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def refused(process: subprocess.CompletedProcess[str], code: int) -> str:
    """The last line of a failed training, which must be its only sentence, without a traceback."""
    assert (process.returncode, process.stdout) == (code, ""), process.stderr
    assert "Traceback" not in process.stderr
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("train.py: ")]
    assert process.stderr.endswith(f"{line}\n")
    assert line.endswith(".")
    return line.removeprefix("train.py: ")


def content(store: Path) -> dict[str, bytes | None]:
    """Every file and folder of the store."""
    return {
        path.relative_to(store).as_posix(): path.read_bytes() if path.is_file() else None for path in store.rglob("*")
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with versions 1 and 2 of the same data, which differ by their seed; not to be changed."""
    store = tmp_path_factory.mktemp("trained") / "artifacts"
    for version, seed in (("1", "0"), ("2", "1")):
        process = train(store, "--seed", seed)
        assert process.returncode == 0, process.stderr
        assert [line for line in process.stderr.splitlines() if line in STEPS] == list(STEPS)
        assert f"version    {version} of tumor" in process.stdout
        assert f"champion   {version}" in process.stdout
        assert "\x1b" not in process.stdout, "No control characters where the output goes into a file."
    return store


@pytest.fixture
def store(trained: Path, tmp_path: Path) -> Path:
    """A copy of that store."""
    return Path(shutil.copytree(trained, tmp_path / "artifacts"))


def opened(store: Path, version: int) -> LoadedArtifact:
    """A version, opened with all checks."""
    return open_version(Registry(store, "tumor").path(version), Trust())


# ---- wrong usage ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_unknown_recipe_is_told_with_the_ones_there_are(tmp_path: Path) -> None:
    sentence = refused(train(tmp_path / "store", "--recipe", "tumour"), 2)
    assert sentence.startswith("There is no recipe 'tumour'; choose one of: ")
    assert not (tmp_path / "store").exists()


@pytest.mark.slow
def test_a_name_that_leads_out_of_the_store_is_told(tmp_path: Path) -> None:
    assert "cannot name a model" in refused(train(tmp_path / "store", "--name", "../elsewhere"), 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options", [["--seed", "-1"], ["--seed", "x"], ["--seed", "4294967296"], ["--unknown"], ["stray"]]
)
def test_wrong_options_are_told(tmp_path: Path, options: list[str]) -> None:
    process = train(tmp_path / "store", *options)
    assert process.returncode == 2
    assert "error: " in process.stderr.splitlines()[-1]
    assert "_seed" not in process.stderr, "No name of ours in a sentence for people."


def test_to_keep_no_version_is_asked_wrongly(tmp_path: Path) -> None:
    asked = [sys.executable, str(HERE / "train.py"), "prune", "--keep", "0"]
    process = subprocess.run(
        asked, cwd=tmp_path, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert "--keep must be at least 1: " in process.stderr


@pytest.mark.parametrize(
    "words", [["--artifacts"], ["--name"], ["--recipe"], ["list", "--artifacts"], ["list", "--name"]]
)
def test_an_empty_option_is_told_and_means_no_default(tmp_path: Path, words: list[str]) -> None:
    """An empty option is an error: it may come from an unset variable of a script."""
    line = [sys.executable, str(HERE / "train.py"), *words, ""]
    process = subprocess.run(
        line, cwd=tmp_path, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.endswith(f"error: argument {words[-1]}: must not be empty\n")
    assert list(tmp_path.iterdir()) == []


def test_a_policy_that_no_server_has_is_told(tmp_path: Path) -> None:
    """The variable `TWINSERVE_OUT_OF_RANGE` is that of the servers."""
    process = train(tmp_path / "store", TWINSERVE_OUT_OF_RANGE="ignore")
    assert process.returncode == 2
    assert process.stderr.endswith("error: TWINSERVE_OUT_OF_RANGE is one of: warn, reject\n")


def test_help_names_every_option_and_variable(tmp_path: Path) -> None:
    process = train(tmp_path / "store", "--help")
    assert process.returncode == 0
    for word in (
        "--recipe",
        "--name",
        "--artifacts",
        "--seed",
        "--no-promote",
        "TWINSERVE_MODEL",
        "TWINSERVE_ARTIFACTS",
    ):
        assert word in process.stdout
    assert "Exit codes" in process.stdout


# ---- done -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_training_again_makes_the_next_version_and_promotes_it(trained: Path) -> None:
    registry = Registry(trained, "tumor")
    assert (registry.versions(), registry.champion()) == ([1, 2], 2)


@pytest.mark.slow
def test_the_same_data_and_seed_give_the_same_model_and_no_new_version(store: Path) -> None:
    before = content(store)
    process = train(store, "--seed", "1")
    assert process.returncode == 0, process.stderr
    said = "           It was there before with the same result, so no new version was made.\n"
    assert f"{said}champion   2 (as before)  It is the champion.\n" in process.stdout
    assert content(store) == before


@pytest.mark.slow
def test_a_rollback_holds_until_somebody_lets_go_of_it(store: Path) -> None:
    registry = Registry(store, "tumor")
    assert told(store, "rollback").startswith("Version 1 of tumor is the champion again, and held: ")
    process = train(store, "--seed", "1", "--json")  # The one that was rolled back.
    assert process.returncode == 3, process.stderr
    report = json.loads(process.stdout)
    found = {name: report[name] for name in ("version", "is_new", "passed", "promoted", "champion")}
    assert found == {"version": 2, "is_new": False, "passed": True, "promoted": False, "champion": 1}
    assert report["hold"]["version"] == 1
    process = train(store, "--seed", "2")  # Another.
    assert process.returncode == 3, process.stderr
    assert re.search(r"^champion   1 \(not promoted, as a rollback holds it\)  ", process.stdout, re.MULTILINE)
    assert re.search(
        r"^hold       Held since \S+Z at version 1 by a rollback; \S*twinserve promote 3 --name tumor --artifacts "
        r"\S+ lets go of it, and so does --release\.$",
        process.stdout,
        re.MULTILINE,
    )
    process = train(store, "--seed", "1", "--release")
    assert (process.returncode, registry.standing()) == (0, Standing(2)), process.stderr
    assert registry.versions() == [1, 2, 3]


def told(store: Path, *words: str) -> str:
    """What a verb prints."""
    line = [sys.executable, str(HERE / "train.py"), *words, "--artifacts", str(store)]
    done = subprocess.run(line, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, check=True)
    return done.stdout


@pytest.mark.slow
def test_a_name_that_belongs_to_another_table_is_not_learned_from_the_default_recipe(store: Path) -> None:
    """`TWINSERVE_MODEL` may still be set from serving."""
    path = Path(shutil.copytree(store / "tumor", store / "loans")) / "2" / "manifest.json"
    facts = json.loads(path.read_text())
    facts["training"]["source"], facts["own_digest"] = "loans.csv", manifest.UNSET
    path.write_bytes(manifest.with_own_digest(json.dumps(facts).encode()))
    sentence = refused(train(store, TWINSERVE_MODEL="loans"), 2)
    assert sentence.startswith("The model 'loans' was trained on loans.csv, and only its name was given: ")


def test_a_key_that_cannot_be_read_is_told_by_the_verbs_that_check_seals(tmp_path: Path) -> None:
    line = [sys.executable, str(HERE / "train.py"), "verify"]
    variables = {"TWINSERVE_SEAL_KEY": "none.pub"}
    process = subprocess.run(line, cwd=tmp_path, env=CLEAN | variables, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stderr.endswith("argument --seal-key: none.pub cannot be read (No such file or directory)\n")


@pytest.mark.slow
def test_nothing_temporary_stays(trained: Path) -> None:
    assert not [name for name in content(trained) if "/." in name]


@pytest.mark.slow
def test_the_variables_say_where_and_under_which_name(tmp_path: Path) -> None:
    """The variables set store and name; `--no-promote` registers without promoting."""
    line = [sys.executable, str(HERE / "train.py"), "--no-promote", "--seed", "3"]
    variables = {"TWINSERVE_ARTIFACTS": str(tmp_path / "there"), "TWINSERVE_MODEL": "mine"}
    process = subprocess.run(
        line, cwd=tmp_path, env=CLEAN | variables, capture_output=True, timeout=DEADLINE, check=False
    )
    assert process.returncode == 0, process.stderr
    assert b"only the name 'mine' was given" in process.stdout
    assert b"(not promoted because of --no-promote; it passed the gate)" in process.stdout
    registry = Registry(tmp_path / "there", "mine")
    assert (registry.versions(), registry.champion()) == ([1], None)
    assert read_manifest(registry.path(1)).training.seed == 3
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


# ---- failed ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the place of the folder stops even root."""
    (tmp_path / "store").write_text("in the way")
    told = train(tmp_path / "store")
    assert "nothing was changed." in refused(told, 1)
    assert "cross-validating" not in told.stderr, "It is told before anything is fitted."
    assert content(tmp_path) == {"store": b"in the way"}


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of this size."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("A small file system cannot be mounted here.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_told_and_nothing_is_half_written(trained: Path, tmp_path: Path) -> None:
    pages = sum(1 + len(found or b"") // PAGE for found in content(trained).values())
    with small_disk(tmp_path / "small", f"{pages * PAGE // 1024 + 60}k") as disk:
        store = Path(shutil.copytree(trained, disk / "artifacts"))
        filler = disk / "filler"
        filler.write_bytes(b"\0" * (shutil.disk_usage(disk).free - 8192))  # Room for a folder and a file, and no more.
        before = content(store)
        assert "No space left on device" in refused(train(store), 1)
        assert content(store) == before


def into_full_disk(*arguments: str, unbuffered: str) -> tuple[int, str]:
    """Exit code and error of the program with standard output on a full disk."""
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, str(HERE / "train.py"), *arguments],
            env=CLEAN | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    return process.returncode, process.stderr.splitlines()[-1]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_report_that_nobody_takes_does_not_pass_for_a_change_that_failed(store: Path, unbuffered: str) -> None:
    sentence = (
        "train.py: Standard output cannot be written to (No space left on device); promote was done nevertheless."
    )
    outcome = into_full_disk("promote", "1", "--artifacts", str(store), unbuffered=unbuffered)
    assert outcome == (1, sentence)
    assert Registry(store, "tumor").champion() == 1


def test_a_training_whose_report_nobody_takes_says_what_it_changed(store: Path) -> None:
    sentence = (
        "train.py: Standard output cannot be written to (No space left on device); "
        "version 3 is registered and the champion."
    )
    assert into_full_disk("--seed", "2", "--artifacts", str(store), unbuffered="") == (1, sentence)
    assert Registry(store, "tumor").champion() == 3


@contextmanager
def running(store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A training that is running."""
    process = subprocess.Popen(
        command(store), cwd=store.parent, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[bytes], word: bytes) -> None:
    """Wait until the training has printed this word."""
    assert process.stderr is not None
    said, end = b"", time.monotonic() + DEADLINE
    while word not in said:
        ready, _, _ = select.select([process.stderr], [], [], end - time.monotonic())
        assert ready, "It never said it."
        more = os.read(process.stderr.fileno(), 4096)
        assert more, said
        said += more


@pytest.mark.slow
@pytest.mark.parametrize("word", [b"loading", b"validating"])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_says_so_and_changes_nothing(store: Path, sign: signal.Signals, word: bytes) -> None:
    before = content(store)
    with running(store) as process:
        wait_for(process, word)
        process.send_signal(sign)
        _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1, errors.decode()
    assert errors.decode().endswith("train.py: Interrupted; nothing was changed.\n")
    assert content(store) == before


@pytest.mark.slow
def test_a_training_killed_at_any_moment_leaves_the_store_usable(store: Path) -> None:
    """The next training removes what a killed one left."""
    registry, rng = Registry(store, "tumor"), random.Random(0)  # Any moments will do; the same ones each time.
    for _ in range(2):
        with running(store) as process:
            wait_for(process, b"validating")
            try:
                process.wait(rng.uniform(0, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
        for version in registry.versions():
            open_version(registry.path(version), Trust())
        assert registry.champion() in registry.versions()
    assert train(store, "--seed", "2").returncode == 0
    assert not [name for name in content(store) if "/.staging-" in name]
    assert registry.champion() == max(registry.versions())
