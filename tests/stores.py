"""A real local Redis, behind a socket file."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest
from redis import Redis
from redis.exceptions import RedisError

DEADLINE: Final = 20.0

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


class Store:
    """A Redis that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self.process = self._start()

    def restart(self) -> None:
        """Start an empty Redis at the same path."""
        self.stop()
        self.process = self._start()

    def stop(self) -> None:
        """Kill the Redis."""
        self.process.kill()
        self.process.wait(DEADLINE)

    def _start(self) -> subprocess.Popen[bytes]:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        process = subprocess.Popen([*command, "--dir", str(self._socket.parent)], stdout=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except RedisError:
                    assert time.monotonic() < end
                else:
                    return process
