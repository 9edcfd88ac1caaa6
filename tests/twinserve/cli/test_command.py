"""The command in odd surroundings: encodings, closed streams, full disks; always exit codes and sentences."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from harness import ROOT
from twinserve.cli.command import end_if_asked, fail, guarded

pytestmark = pytest.mark.long

COMMAND = f"{sys.executable} -m twinserve.cli.main"


def shell(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a line of shell does, with `twinserve` for the command."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("twinserve", COMMAND)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table of which a column is no ASCII."""
    rows = "".join(f"{row % 7},{row * 37 % 11},{'ja' if row % 3 else 'nein'}\n" for row in range(60))
    (tmp_path / "loans.csv").write_text(f"gr\u00f6\u00dfe,\U0001f600,t\n{rows}", encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_recipe_is_utf_8_whatever_the_terminal_has(folder: Path) -> None:
    done = shell("twinserve recipe --data loans.csv --target t", folder, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "    gr\u00f6\u00dfe: int" in done.stdout
    assert 'alias="\U0001f600"' in done.stdout


@pytest.mark.slow
def test_what_an_encoding_cannot_hold_is_escaped(folder: Path) -> None:
    line = "twinserve new \u00e4 --name loans --data loans.csv --target t"
    done = shell(line, folder, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "make test" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("twinserve recipe --data loans.csv --target t >&-", 0, ""),
        (
            "twinserve list --artifacts none --name loans >&- <&-",
            1,
            "none yet; train one, or name the folder of another store.\n",
        ),
        ("twinserve train --data - --target t --name loans <&-", 2, "twinserve: '-' is empty.\n"),
    ],
)
def test_a_closed_stream_is_no_traceback(line: str, code: int, sentence: str, folder: Path) -> None:
    done = shell(line, folder)
    assert done.returncode == code
    assert done.stderr.endswith(sentence)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", ["", "--version", "completion bash"])
def test_output_that_is_lost_is_one_sentence(arguments: str, tmp_path: Path) -> None:
    done = shell(f"twinserve {arguments} > /dev/full", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "twinserve: Standard output cannot be written to (No space left on device); nothing was changed.\n"
    )


def test_a_key_that_could_not_be_shown_is_told(tmp_path: Path) -> None:
    done = shell("twinserve keys create alice --file keys.json > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("the key was made and is shown nowhere: revoke alice and create it again.\n")


def test_a_name_in_a_sentence_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail("twinserve", "There is no \x1b[31mred\nfile\u202e, and no \u00e4.", 2) == 2
    assert capsys.readouterr().err == "twinserve: There is no \\x1b[31mred\\nfile\\u202e, and no \u00e4.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_whose_exception_python_drops_ends_the_next_step(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python ignores what a weak reference's callback raises; the locks of imports have one."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    begun = []

    def work() -> int:
        watched = {1}
        _kept = weakref.ref(watched, lambda _: signal.raise_signal(number))
        del watched
        begun.append("the first step")
        end_if_asked()
        begun.append("the second step")
        return 0

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert guarded("train.py", work) == 1
        end_if_asked()  # That one has arrived.
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert begun == ["the first step"]
    assert capsys.readouterr().err == "train.py: Interrupted; nothing was changed.\n"
