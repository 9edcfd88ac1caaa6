"""What the system does not let be read is told in the system's words, never as damage, and changes nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from twinserve.cli.versions import Arguments, list_versions, show, verify
from twinserve.errors import StoreUnreadable
from twinserve.service.inference.models.follower import Follower
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.version import ModelVersion
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.artifact import NO_TRUST, open_version, read_manifest
from twinserve.store.registry import Registry
from twinserve.store.unreadable import reading
from twinserve.testing.fakes import settings_of

KINDS = ["EMFILE", "ENFILE", "EACCES", "EPERM", "EIO", "ESTALE", "ENOSPC", "ENOMEM", "ENETDOWN"]
each_kind = pytest.mark.parametrize("kind", KINDS)
READS: dict[str, Callable[[Registry], object]] = {
    "the champion": lambda registry: registry.champion(),
    "the predecessor": lambda registry: registry.predecessor(),
    "a manifest": lambda registry: read_manifest(registry.path(1)),
    "the files": lambda registry: open_version(registry.path(1), NO_TRUST),
    "a server's champion": lambda registry: registry.require_champion(),
}


@contextmanager
def failing(patch: pytest.MonkeyPatch, kind: str, name: str = "") -> Iterator[None]:
    """A context in which no path, or none that ends with this name, can be opened."""
    opened = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith(name):
            raise OSError(getattr(errno, kind), os.strerror(getattr(errno, kind)), str(path))
        return opened(path, *arguments, **options)

    with patch.context() as within:
        within.setattr(os, "open", refuse)
        yield


@each_kind
@pytest.mark.parametrize("what", READS)
def test_the_sentence_has_the_systems_words(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, kind: str, what: str
) -> None:
    with failing(monkeypatch, kind), pytest.raises(StoreUnreadable) as raised:
        READS[what](registry)
    sentence = str(raised.value)
    assert f"cannot be read ({os.strerror(getattr(errno, kind))}); " in sentence
    assert not any(word in sentence for word in ("damage", "promote", "restore", "train", "no manifest"))
    assert READS[what](registry) is not False, "and it can be read again"


def test_an_error_without_a_number_has_its_name() -> None:
    with pytest.raises(StoreUnreadable, match=r"^It cannot be read \(OSError\); "), reading("It"):
        raise OSError


@each_kind
def test_the_verbs_tell_it_alike(registry: Registry, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    words = f"cannot be read ({os.strerror(getattr(errno, kind))})"
    with failing(monkeypatch, kind):
        listed = list_versions(registry, Arguments())
        checked = verify(registry, Arguments(versions=(1,)))
        with pytest.raises(StoreUnreadable, match="cannot be read"):
            show(registry, Arguments())
    assert (listed.done, checked.done) == (False, False)
    assert all(words in line for line in [*listed.lines, *checked.lines])


@pytest.mark.parametrize("name", ["champion", "history"])
def test_a_promotion_keeps_the_history_that_it_cannot_read(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    registry.promote(2)
    before = (registry.folder / "history").read_bytes()
    with failing(monkeypatch, "EIO", name), pytest.raises(StoreUnreadable):
        registry.promote(1)
    assert (registry.champion(), (registry.folder / "history").read_bytes()) == (2, before)


def test_a_follower_tells_it_once_and_opens_at_the_next_look(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version that serves goes on, whether the pointer or the new version cannot be read."""
    given, metrics = settings_of(artifacts=registry.folder.parent, model=registry.name), Metrics()
    swapped: list[ModelVersion] = []
    number = int(open_model_version(registry, 1, given, metrics).version)
    follower = Follower(registry, given, metrics, number, swapped.append)
    registry.promote(2)
    with capture_logs() as lines:
        for name in ("champion", "2"):
            with failing(monkeypatch, "EMFILE", name):
                follower.look()
                follower.look()
            assert follower.refused is not None
            assert "cannot be read (Too many open files); allow the process more" in follower.refused[1]
    assert [line["version"] for line in lines if line["event"] == "refused"] == ["?", "2"]
    assert not swapped
    follower.look()
    assert ([one.version for one in swapped], follower.refused) == (["2"], None)
