"""The first steps of a server program."""

from __future__ import annotations

import errno
import gc
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from twinserve.service.process.startup import (
    NEW_OBJECTS,
    THREAD_VARIABLES,
    CannotStart,
    collect_rarely,
    listen,
    prepare,
    run,
    url,
)
from twinserve.service.process.temporary import SHARED_MEMORY, VARIABLE
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER
from twinserve.testing.fakes import settings_of


@pytest.fixture
def environment() -> Iterator[pytest.MonkeyPatch]:
    """The environment, restored afterwards."""
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        for name in (*THREAD_VARIABLES, METRICS_FOLDER, VARIABLE):
            patch.delenv(name, raising=False)
        yield patch
    os.environ.clear()
    os.environ.update(before)


def test_a_server_that_cannot_start_says_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A server that cannot start prints one sentence to standard error, with exit code 2."""

    def serve() -> int:
        raise CannotStart("there is no port.")

    assert run("serve", serve) == 2
    assert capsys.readouterr().err == "serve: there is no port.\n"


def test_what_the_system_refuses_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """With the system's own words, and no traceback."""

    def serve() -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/a/file")

    assert run("door", serve) == 2
    expected = "door: the system ended it (Too many open files: /a/file); check its limits and permissions.\n"
    assert capsys.readouterr().err == expected


def test_a_server_that_ends_gives_its_code() -> None:
    """The exit code of the server is returned."""
    assert run("serve", lambda: 0) == 0


@pytest.mark.usefixtures("environment")
def test_libraries_get_one_thread_each() -> None:
    """Numeric libraries use one thread each: parallel requests use the cores."""
    prepare(settings_of())
    assert {os.environ[name] for name in THREAD_VARIABLES} == {"1"}
    assert METRICS_FOLDER not in os.environ


def test_what_the_user_set_stands(environment: pytest.MonkeyPatch) -> None:
    """Thread counts that the user has set are kept."""
    environment.setenv(THREAD_VARIABLES[0], "3")
    prepare(settings_of())
    assert os.environ[THREAD_VARIABLES[0]] == "3"


@pytest.mark.usefixtures("environment")
def test_several_workers_share_a_metrics_folder() -> None:
    """Several workers share a new metrics folder for this run."""
    prepare(settings_of(workers=2))
    assert list(Path(os.environ[METRICS_FOLDER]).iterdir()) == []


@pytest.mark.usefixtures("environment")
def test_without_a_temporary_folder_the_shared_memory_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the programs that it starts, too."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: only(SHARED_MEMORY))
    prepare(settings_of(workers=2))
    assert (os.environ[VARIABLE], os.environ[METRICS_FOLDER].startswith(f"{SHARED_MEMORY}/")) == (SHARED_MEMORY, True)


def test_where_nothing_can_be_written_to_a_sentence_names_the_variable(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is as before then."""
    environment.setenv(VARIABLE, "/nowhere")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: only(None))
    with pytest.raises(CannotStart, match=r"^No folder for temporary files .* name one with TMPDIR\.$"):
        prepare(settings_of(workers=2))
    assert os.environ[VARIABLE] == "/nowhere"
    prepare(settings_of(workers=1))


def only(folder: str | None) -> str:
    """What `tempfile.gettempdir` gives where only this folder can be written to."""
    if folder is None or os.environ.get(VARIABLE) != folder:
        raise FileNotFoundError
    return folder


@pytest.mark.parametrize("workers", [1, 2])
def test_a_metrics_folder_that_cannot_be_written_to_is_a_sentence(
    environment: pytest.MonkeyPatch, workers: int
) -> None:
    """The metrics library would end in a traceback."""
    environment.setenv(METRICS_FOLDER, "/nowhere")
    with pytest.raises(CannotStart, match=rf"^{METRICS_FOLDER} names no folder that can be written to; .*\.$"):
        prepare(settings_of(workers=workers))


def test_the_garbage_collector_looks_rarely() -> None:
    """The thresholds of the garbage collector fit a thousand requests in flight."""
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold() == (NEW_OBJECTS, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_a_free_port_is_taken_and_told() -> None:
    """Port 0 takes any free port, which is logged."""
    with listen(settings_of(port=0), 8000) as listener:
        assert url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    """IPv6 addresses are in brackets, as in URLs."""
    try:
        listener = listen(settings_of(host="::1", port=0), 8000)
    except CannotStart:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert url(listener).startswith("http://[::1]:")


def test_a_taken_port_and_a_foreign_address_are_refused() -> None:
    """The error names the setting to change."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(CannotStart, match="choose another with TWINSERVE_PORT"),
    ):
        listen(settings_of(port=taken.getsockname()[1]), 8000)
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1"):
        listen(settings_of(host="192.0.2.1", port=0, auth="none"), 8000)


def test_a_name_that_does_not_resolve_is_refused() -> None:
    """A host name that does not resolve is an error of one sentence."""
    with pytest.raises(CannotStart):
        listen(settings_of(host="no such host", port=0, auth="none"), 8000)
