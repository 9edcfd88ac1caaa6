"""`twinserve keys`: each command and its errors."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twinserve.cli import keys as module
from twinserve.service.auth import signing
from twinserve.service.auth.keys import Keys, read
from twinserve.store import seal


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    code = module.command("keys", "twinserve keys").main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_created_key_is_shown_once_and_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The key alone is on standard output, for scripts."""
    path = tmp_path / "keys.json"
    code, out, _ = run(capsys, "create", "alice", "--scopes", "predict,read", "--days", 30, "--file", path)
    assert code == 0
    assert re.fullmatch(r"tw\.alice\.[A-Za-z0-9_-]{43}\n", out)
    client = Keys(path).find(out.strip())
    assert client is not None
    assert set(client.scopes) == {"predict", "read"}
    (entry,) = read(path).keys
    assert entry.expires is not None
    assert timedelta(days=29) < entry.expires - datetime.now(UTC) < timedelta(days=31)
    assert run(capsys, "create", "bob", "--file", path)[0] == 0
    assert read(path).keys[1].expires is None
    _, listed, _ = run(capsys, "list", "--file", path)
    assert re.findall(r"^(\w+) +([\w,]+) ", listed, re.MULTILINE) == [
        ("alice", "predict,read"),
        ("bob", "predict,read"),
    ]
    assert out.strip().rpartition(".")[2] not in listed
    assert entry.digest not in listed


def test_a_revoked_key_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other keys stay."""
    path = tmp_path / "keys.json"
    shown = {name: run(capsys, "create", name, "--file", path)[1].strip() for name in ("alice", "bob")}
    assert run(capsys, "revoke", "alice", "--file", path)[0] == 0
    held = Keys(path)
    assert held.find(shown["alice"]) is None
    assert held.find(shown["bob"]) is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "alice"], "already"),
        (["create", "Bob"], "pattern"),
        (["create", "../bob"], "pattern"),
        (["create", "bob", "--scopes", "all"], "'predict'"),
        (["create", "bob", "--scopes", ""], "'predict'"),
        (["revoke", "bob"], "no key named"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """A usage error is one sentence and exit code 2."""
    path = tmp_path / "keys.json"
    run(capsys, "create", "alice", "--file", path)
    before = path.read_bytes()
    code, out, err = run(capsys, *arguments, "--file", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{}]}', "\ufffd"])
def test_a_broken_file_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    """An invalid file is kept: it may hold valid keys."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    for arguments in (["create", "bob"], ["revoke", "bob"], ["list"]):
        assert run(capsys, *arguments, "--file", path)[0] == 2
    assert path.read_text() == content


def test_the_settings_name_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings name the files; without them the error says which one is missing."""
    for arguments, variable in ((["create", "a"], "TWINSERVE_KEYS"), (["signing-key"], "TWINSERVE_SIGNING_KEY")):
        code, _, err = run(capsys, *arguments)
        assert (code, variable in err) == (2, True)
        monkeypatch.setenv(variable, str(tmp_path / variable))
        assert run(capsys, *arguments)[0] == 0
        assert (tmp_path / variable).is_file()


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing folder is an error without a traceback."""
    code, _, err = run(capsys, "create", "a", "--file", tmp_path / "none" / "keys.json")
    assert (code, "No such file" in err) == (2, True)


def test_a_pair_for_sealing_is_made_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The private key has mode 0600 and works with the public one."""
    path = tmp_path / "seal.key"
    assert run(capsys, "seal-key", "--file", path)[0] == 0
    private = path.read_bytes()
    seal.check(b"manifest", seal.make(b"manifest", private), path.with_name("seal.key.pub").read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600
    assert run(capsys, "seal-key", "--file", path)[0] == 2
    assert path.read_bytes() == private


def test_a_signing_key_is_made_and_renewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The signing key is not printed."""
    path = tmp_path / "signing.key"
    _, out, err = run(capsys, "signing-key", "--file", path)
    (first,) = signing.parse(path.read_bytes())
    assert path.read_text().strip() not in out + err
    run(capsys, "signing-key", "--file", path)
    assert list(signing.parse(path.read_bytes()))[1] == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_empty_path_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(capsys, "create", "alice", "--file", "")
    assert end.value.code == 2
    assert "--file: must not be empty" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "99999999", "1" * 5000, "x"])
def test_days_that_would_mean_for_ever_or_no_date_are_usage(
    days: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(SystemExit) as end:
        run(capsys, "create", "alice", "--days", days, "--file", path)
    assert end.value.code == 2
    assert "not a whole number from 1 to 36500" in capsys.readouterr().err
    assert not path.exists()
