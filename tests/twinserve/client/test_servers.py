"""The client at real servers of both doors: keys, tokens, rates, restarts and swaps under load."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import fruit
from harness.credentials import write_keys, write_signing_key
from harness.ports import free_port
from harness.running import DOORS, Running, running
from harness.swapping import BODY
from tests.hosts.nginx import NGINX, PREFIX, behind_a_prefix
from twinserve.client import (
    AsyncClient,
    Client,
    ClientCredentials,
    Retries,
    TooManyRequests,
    Unauthorized,
    UnexpectedAnswer,
)
from twinserve.store.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.parametrize("door", DOORS)]
PEAR: dict[str, Any] = json.loads(BODY)
PATIENT = Retries(most=60, first=0.05, longest=0.3, total=60)


def url(server: Running) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{server.port}"


def test_threads_and_tasks_share_a_client(door: str, swapping_store: Path, tmp_path: Path) -> None:
    """Each answer is that of its own question."""
    frame = fruit.table(2000).features
    instances = [PEAR | {"weight": float(weight)} for weight in range(100, 250)]
    with running(door, tmp_path, swapping_store, model="fruit", max_batch=100) as server:
        with Client(url(server)) as client, ThreadPoolExecutor(16) as pool:
            expected = [client.predict(instance) for instance in instances]
            assert list(pool.map(client.predict, instances * 2)) == expected * 2
            whole = client.predict(frame)
            for same in pool.map(client.predict, [frame] * 4):
                pd.testing.assert_frame_equal(same, whole)

        async def many() -> list[Any]:
            async with AsyncClient(url(server)) as client:
                return await asyncio.gather(*(client.predict(one) for one in [*instances * 2, frame]))

        *answers, last = asyncio.run(many())
        assert answers == expected * 2
        pd.testing.assert_frame_equal(last, whole)


def test_keys_and_tokens(door: str, swapping_store: Path, tmp_path: Path) -> None:
    """Of servers that ask for them."""
    key = write_keys(tmp_path / "keys.json", alice="predict read")["alice"]
    more = {"keys": tmp_path / "keys.json", "signing_key": write_signing_key(tmp_path), "token_seconds": 120}
    with running(door, tmp_path, swapping_store, model="fruit", auth="oauth", **more) as server:
        with Client(url(server), oauth=ClientCredentials("alice", key)) as client:
            assert (client.ready(), client.predict(PEAR)["version"], client.model()["name"]) == (True, "1", "fruit")
        with Client(url(server)) as client, pytest.raises(Unauthorized):
            client.predict(PEAR)
    with (
        running(door, tmp_path, swapping_store, model="fruit", auth="keys", keys=tmp_path / "keys.json") as server,
        Client(url(server), key=key) as client,
    ):
        assert client.predict(PEAR)["version"] == "1"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_below_a_prefix_behind_nginx(door: str, swapping_store: Path, tmp_path: Path) -> None:
    """It takes 1 MiB of a body, and says 413 as a page of its own; a token is got below the prefix, too."""
    key = write_keys(tmp_path / "keys.json", alice="predict read")["alice"]
    more = {"keys": tmp_path / "keys.json", "signing_key": write_signing_key(tmp_path)}
    frame = pd.concat([fruit.table(1000).features] * 20, ignore_index=True)
    with (
        running(door, tmp_path, swapping_store, model="fruit", auth="oauth", **more) as server,
        behind_a_prefix(server.port, tmp_path / "nginx") as nginx,
        Client(url(nginx.server) + PREFIX, oauth=ClientCredentials("alice", key)) as client,
    ):
        assert client.predict(PEAR)["version"] == "1"
        answer = client.predict(frame)
        assert (len(answer), answer["label"].head(1000).tolist()) == (20_000, answer["label"].tail(1000).tolist())
        server.stop()
        with Client(url(nginx.server) + PREFIX, retries=1) as other, pytest.raises(UnexpectedAnswer, match="502"):
            other.predict(PEAR)


def test_a_server_that_asks_for_patience_gets_it(door: str, swapping_store: Path, tmp_path: Path) -> None:
    """429 with Retry-After, by a server that counts."""
    with running(door, tmp_path, swapping_store, model="fruit", rate=5, burst=2) as server:
        with Client(url(server), retries=PATIENT) as client:
            began = time.monotonic()
            assert [client.predict(PEAR)["label"] for _ in range(8)] == ["apple"] * 8
            assert time.monotonic() - began > 1
        with Client(url(server), retries=0) as client, pytest.raises(TooManyRequests) as caught:
            [client.predict(PEAR) for _ in range(20)]
        assert (caught.value.retry_after or 0) >= 1


def test_a_restart_under_load_loses_nothing(door: str, swapping_store: Path, tmp_path: Path) -> None:
    """Sixteen callers ask on while the server ends and another one takes its port."""
    port, seen, over = free_port(), Counter[str](), threading.Event()

    def ask(client: Client) -> None:
        while not over.is_set():
            seen[client.predict(PEAR)["label"]] += 1

    with Client(f"http://127.0.0.1:{port}", retries=PATIENT) as client, ThreadPoolExecutor(16) as pool:
        asking: list[Any] = []
        for number in range(2):
            (tmp_path / str(number)).mkdir()
            with running(door, tmp_path / str(number), swapping_store, model="fruit", port=port) as server:
                asking = asking or [pool.submit(ask, client) for _ in range(16)]
                before = seen.total()
                end = time.monotonic() + 30
                while seen.total() < before + 500 and time.monotonic() < end:
                    time.sleep(0.01)
                if number == 1:
                    over.set()
                    for one in asking:
                        one.result(30)
                assert server.stop() == 0
    assert set(seen) == {"apple"}
    assert seen.total() >= 1000


def test_a_table_is_answered_by_one_version(door: str, registry: Registry, tmp_path: Path) -> None:
    """However often the model is swapped meanwhile: the two versions answer differently."""
    frame = fruit.table(600).features
    with (
        running(door, tmp_path, registry.folder.parent, model="fruit", max_batch=20) as server,
        Client(url(server)) as client,
    ):
        answers: dict[str, pd.DataFrame] = {}
        end = time.monotonic() + 40
        asked = 0
        while (len(answers) < 2 or asked < 12) and time.monotonic() < end:
            registry.promote(1 + asked % 2)
            asked += 1
            answer = client.predict(frame)
            assert answer.attrs["versions"] == [answer.attrs["version"]]
            first = answers.setdefault(answer.attrs["version"], answer)
            pd.testing.assert_frame_equal(answer, first)
        assert set(answers) == {"1", "2"}
        assert not answers["1"]["label"].equals(answers["2"]["label"])
