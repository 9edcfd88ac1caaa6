"""The key file: which keys are valid, and that a change of the file takes effect."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.credentials import YESTERDAY, write_keys
from twinserve.service.auth import keys, reloading_file
from twinserve.service.auth.keys import Keys, changing, new_key, read, replace


def test_a_key_is_found_with_its_scopes(tmp_path: Path) -> None:
    """A complete key gives its caller and scopes."""
    made = write_keys(tmp_path / "keys", alice="predict read", bob="manage")
    held = Keys(tmp_path / "keys")
    for name, scopes in (("alice", {"predict", "read"}), ("bob", {"manage"})):
        client = held.find(made[name])
        assert client is not None
        assert (client.name, set(client.scopes)) == (name, scopes)
        assert held.named(name) == client


def test_nothing_but_the_whole_key_is_found(tmp_path: Path) -> None:
    """Parts of a key, longer ones, empty ones and other secrets are refused."""
    made = write_keys(tmp_path / "keys", alice="predict", bob="manage")
    held, good = Keys(tmp_path / "keys"), made["alice"]
    secret = good.rpartition(".")[2]
    digest = read(tmp_path / "keys").keys[0].digest
    wrong = [
        "",
        "tw",
        "tw.alice.",
        good[:-1],
        good + "x",
        good[1:],
        good.upper(),
        good + "\n",
        " " + good,
        secret,
        digest,
    ]
    wrong += [
        f"tw.bob.{secret}",
        f"tw.carol.{secret}",
        f"tw.alice.{digest}",
        f"tw..{secret}",
        good.replace(".", "\x00"),
    ]
    wrong += ["é" * 50, f"tw.alice.{'é' * 43}", "x" * 8192, f"tw.{'a' * 8192}.{secret}", f"tw.{digest}"]
    assert [key for key in wrong if held.find(key) is not None] == []
    assert held.named("carol") is None


def test_a_key_ends_with_its_time(tmp_path: Path) -> None:
    """An expired key is refused as an unknown one."""
    good = write_keys(tmp_path / "good", ends=timedelta(hours=1), alice="predict")
    bad = write_keys(tmp_path / "bad", ends=YESTERDAY, alice="predict")
    assert Keys(tmp_path / "good").find(good["alice"]) is not None
    held = Keys(tmp_path / "bad")
    assert (held.find(bad["alice"]), held.named("alice")) == (None, None)


def test_two_keys_live_beside_each_other_and_one_is_revoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys can be rotated by changing the file, without a restart."""
    monkeypatch.setattr(reloading_file, "INTERVAL", 0.0)
    path = tmp_path / "keys"
    made = write_keys(path, old="predict", new="predict")
    held = Keys(path)
    assert held.find(made["old"])
    assert held.find(made["new"])
    rest = tuple(entry for entry in read(path).keys if entry.name == "new")
    replace(path, keys.KeyFile(keys=rest).model_dump_json().encode())
    assert held.find(made["old"]) is None
    assert held.find(made["new"])


def test_keys_are_random_and_stored_as_digests_alone(tmp_path: Path) -> None:
    """Keys have 256 random bits; the file has their digests only."""
    made = {new_key("alice")[0] for _ in range(100)}
    assert len(made) == 100
    assert {len(key) for key in made} == {len("tw.alice.") + 43}
    key = write_keys(tmp_path / "keys", alice="predict")["alice"]
    assert key.rpartition(".")[2] not in (tmp_path / "keys").read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Alice"},
        {"name": "a\n"},
        {"name": ""},
        {"name": "a" * 65},
        {"name": "../a"},
        {"digest": "0" * 63},
        {"digest": "g" * 64},
        {"digest": "0" * 64 + "\n"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": "predict"},
        {"expires": "2020-01-01T00:00:00"},
        {"expires": "never"},
        {"key": "in the clear"},
    ],
    ids=str,
)
def test_a_file_that_is_not_right_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """An invalid file is refused as a whole."""
    write_keys(tmp_path / "keys", alice="predict")
    content = json.loads((tmp_path / "keys").read_text())
    content["keys"][0] |= change
    (tmp_path / "keys").write_text(json.dumps(content))
    with pytest.raises(ValidationError):
        Keys(tmp_path / "keys")


def test_a_name_stands_once(tmp_path: Path) -> None:
    """Two keys of one name are refused, because one would stay valid unnoticed."""
    write_keys(tmp_path / "keys", alice="predict")
    content = json.loads((tmp_path / "keys").read_text())
    content["keys"] *= 2
    (tmp_path / "keys").write_text(json.dumps(content))
    with pytest.raises(ValidationError):
        read(tmp_path / "keys")


def test_a_new_file_is_its_owners_alone_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    """A new file has mode 0600; a changed file keeps its mode."""
    path = tmp_path / "keys"
    replace(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    replace(path, b"2")
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o640, b"2")
    assert [*tmp_path.iterdir()] == [tmp_path / "keys"]


def test_a_failed_change_leaves_the_file(tmp_path: Path) -> None:
    """A failed change leaves the file, and no temporary file."""
    replace(tmp_path / "keys", b"1")
    with pytest.raises(TypeError), changing(tmp_path / "keys"):
        replace(tmp_path / "keys", "no bytes")  # type: ignore[arg-type]  # The failure.
    assert [*tmp_path.iterdir()] == [tmp_path / "keys"]
    assert (tmp_path / "keys").read_bytes() == b"1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_whoever_could_read_a_file_still_can_when_root_has_changed_it(tmp_path: Path) -> None:
    """Else a server of that group would not learn of a revoked key."""
    path = tmp_path / "keys.json"
    replace(path, b"1")
    os.chown(path, 12345, 23456)
    replace(path, b"2")
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (12345, 23456, b"2")
