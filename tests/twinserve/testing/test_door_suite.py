"""The suite runs on a door without a framework, which provides `open` alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from harness.credentials import write_keys
from tests.twinserve.testing.third_door import ThirdDoor
from twinserve.service.service import Service
from twinserve.testing import DoorSuite, Send
from twinserve.testing.fakes import service_of


class TestThirdDoor(DoorSuite):
    """The third door."""

    @classmethod
    @contextmanager
    def open(cls, service: Service) -> Iterator[Send]:
        """The third door on this service."""
        yield ThirdDoor(service).send


def test_the_third_door_asks_for_credentials(tmp_path: Path) -> None:
    """The suite itself has none, so a door that never authorized would pass it."""
    keys = write_keys(tmp_path / "keys.json", reader="read")
    service = service_of(auth="keys", keys=tmp_path / "keys.json")
    send = ThirdDoor(service).send
    statuses = [send("GET", "/schema", b"", headers).status for headers in ({}, {"X-API-Key": keys["reader"]})]
    assert statuses == [HTTPStatus.UNAUTHORIZED, HTTPStatus.OK]
    service.close()
