"""Following the champion: a new version is swapped in, a damaged one is refused once, and the old one serves on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from harness import ROOT, swapping
from harness.swapping import BODY, DAMAGED
from twinserve.errors import RegistryError
from twinserve.service.inference.models import follower as following
from twinserve.service.inference.models.follower import Follower
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.models.watch import Watch
from twinserve.service.inference.version import ModelVersion
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.protocols.native import NATIVE, NativeCodec
from twinserve.service.protocols.reads import READS
from twinserve.service.service import Service
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.store.artifact import read_manifest
from twinserve.store.registry import Registry
from twinserve.testing.fakes import body_of, reply_of, settings_of

DEADLINE: Final = 30.0


def settings(registry: Registry) -> Settings:
    """The settings of a server of this store."""
    return settings_of(artifacts=registry.folder.parent, model=registry.name)


@contextmanager
def opened(registry: Registry) -> Iterator[Service]:
    """A service that follows the champion."""
    service = Service.open(settings(registry))
    try:
        yield service
    finally:
        service.close()


def ready(service: Service) -> Any:
    """The reply of `/health/ready`, which must be 200."""
    reply = READS["ready"](service, NOTHING)
    assert reply.status == 200
    return json.loads(reply.body)


def until(condition: Callable[[], bool]) -> float:
    """Wait for a condition; the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < DEADLINE
        time.sleep(0.005)  # Between two looks at the condition.
    return time.monotonic() - began


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look fifty times a second, in tests that do not measure the interval."""
    monkeypatch.setattr("twinserve.service.inference.models.watch.INTERVAL", 0.02)


class Looking:
    """A follower that looks when it is told, and a record of its swaps."""

    def __init__(self, registry: Registry) -> None:
        self.metrics = Metrics()
        self.swapped: list[str] = []
        given = settings(registry)
        version = open_model_version(registry, 1, given, self.metrics)
        number = int(version.version)
        self.watch = Follower(registry, given, self.metrics, number, lambda new: self.swapped.append(new.version))

    def count(self, outcome: str) -> str:
        """The value of the metric."""
        start = f'twinserve_swaps_total{{outcome="{outcome}"}} '.encode()
        (line,) = [line for line in self.metrics.render().splitlines() if line.startswith(start)] or [start + b"0.0"]
        return line.removeprefix(start).decode()


# ---- a new champion -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_new_champion_serves_within_two_seconds(registry: Registry) -> None:
    """With the real interval; one of five promotions may be late on a busy machine."""
    with opened(registry) as service:
        seconds = []
        for version in (2, 1, 2, 1, 2):
            registry.promote(version)
            seconds.append(until(lambda: ready(service)["version"] == str(registry.champion())))
    assert median(seconds) < 2.0


def test_what_is_published_follows_the_champion(registry: Registry, often: None) -> None:  # noqa: ARG001
    with opened(registry) as service:
        before = [READS["schema"](service, NOTHING).body, READS["openapi"](service, NOTHING).body]
        registry.promote(2)
        until(lambda: ready(service)["version"] == "2")
        after = [READS["schema"](service, NOTHING).body, READS["openapi"](service, NOTHING).body]
        assert all(old != new for old, new in zip(before, after, strict=True))
        assert json.loads(READS["model"](service, NOTHING).body)["version"] == "2"
        assert json.loads(READS["model"](service, NOTHING).body)["metrics"] == dict(
            read_manifest(registry.path(2)).metrics
        )
        registry.rollback()
        until(lambda: ready(service)["version"] == "1")
        assert [READS["schema"](service, NOTHING).body, READS["openapi"](service, NOTHING).body] == before


def test_a_reply_names_the_version_that_made_it(registry: Registry, often: None) -> None:  # noqa: ARG001
    given = settings(registry)
    expected = {
        number: body_of(open_model_version(registry, int(number), given, Metrics()), BODY) for number in ("1", "2")
    }
    with opened(registry) as service:
        for version in ("2", "1"):
            registry.promote(int(version))
            until(lambda wanted=version: ready(service)["version"] == wanted)  # type: ignore[misc]
            exchange = service.begin("predict", "POST", "/predict", "http", lambda _: None)
            assert reply_of(service.answer(BODY, exchange)).body == expected[version]
            assert exchange.version == json.loads(expected[version])["version"] == version
    assert expected["1"] != expected["2"].replace(b'"version":"2"', b'"version":"1"')


def test_a_look_at_the_same_champion_opens_nothing(registry: Registry) -> None:
    looking = Looking(registry)
    shutil.rmtree(registry.path(1))
    with capture_logs() as lines:
        looking.watch.look()
    assert (looking.swapped, looking.watch.refused, lines) == ([], None, [])


def test_a_swap_is_logged_and_counted(registry: Registry) -> None:
    looking = Looking(registry)
    registry.promote(2)
    with capture_logs() as lines:
        looking.watch.look()
        looking.watch.look()
    assert looking.swapped == ["2"]
    about = {"log_level": "info", "model": "fruit", "version": "2"}
    assert lines == [{"event": "opening", **about}, {"event": "swapped", **about}]
    assert (looking.count("done"), looking.count("refused")) == ("1.0", "0.0")


def test_another_training_under_the_same_number_is_opened(registry: Registry) -> None:
    """In a store that was removed, versions begin at 1 again; while it is away, the old one serves."""
    looking = Looking(registry)
    kept = registry.folder.with_name("kept")
    registry.folder.rename(kept)
    looking.watch.look()
    assert looking.swapped == []
    registry.folder.mkdir()
    shutil.copytree(kept / "2", registry.path(1))
    registry.promote(1)
    looking.watch.look()
    looking.watch.look()
    assert (looking.swapped, looking.watch.refused) == (["1"], None)


def test_a_replaced_version_that_cannot_be_opened_is_refused(registry: Registry) -> None:
    """And opened once it is repaired."""
    looking = Looking(registry)
    content = (registry.path(1) / "manifest.json").read_bytes()
    for damage, expected in ((b"{", []), (content, ["1"])):
        replacement = registry.folder / "new"
        replacement.write_bytes(damage)
        replacement.replace(registry.path(1) / "manifest.json")
        looking.watch.look()
        assert looking.swapped == expected
        assert (looking.watch.refused is None) == bool(expected)


# ---- a champion that cannot serve -----------------------------------------------------------------------------------


def test_a_damaged_champion_is_refused_once_with_a_line_and_a_count(registry: Registry) -> None:
    looking = Looking(registry)
    registry.promote(DAMAGED)
    with capture_logs() as lines:
        for _ in range(3):
            looking.watch.look()
    reason = "The file golden.json was altered after training; restore it or train again."
    refused = {"event": "refused", "log_level": "error", "model": "fruit", "version": "3", "reason": reason}
    assert lines == [{"event": "opening", "log_level": "info", "model": "fruit", "version": "3"}, refused]
    assert looking.watch.refused == ("3", reason)
    assert looking.swapped == []
    assert (looking.count("done"), looking.count("refused")) == ("0.0", "1.0")


def test_under_a_refused_champion_the_old_version_serves_and_says_so(registry: Registry, often: None) -> None:  # noqa: ARG001
    with opened(registry) as service:
        registry.promote(DAMAGED)
        until(lambda: "refused" in ready(service))
        reply = ready(service)
        assert (reply["status"], reply["version"], reply["refused"]["version"]) == ("ready", "1", "3")
        assert reply["refused"]["reason"].startswith("The file golden.json was altered")
        exchange = service.begin("predict", "POST", "/predict", "http", lambda _: None)
        assert json.loads(reply_of(service.answer(BODY, exchange)).body)["version"] == "1"
        registry.rollback()
        until(lambda: "refused" not in ready(service))
        assert ready(service) == {"status": "ready", "model": "fruit", "version": "1"}


def test_metrics_tell_what_answers_how_old_it_is_and_what_is_refused(registry: Registry, often: None) -> None:  # noqa: ARG001
    with opened(registry) as service:

        def told() -> dict[str, str]:
            """The lines of these metrics."""
            lines = [line.split(" ") for line in service.metrics.render().decode().splitlines()]
            return {line[0]: line[1] for line in lines if line[0].startswith(("twinserve_model_", "twinserve_refused"))}

        created = service.models.current().created.timestamp()
        serving = {
            'twinserve_model_info{model="fruit",version="1"}': "1.0",
            'twinserve_model_created_timestamp_seconds{model="fruit"}': repr(created),
            'twinserve_refused_version{model="fruit"}': "0.0",
        }
        assert {name: float(value) for name, value in told().items()} == {n: float(v) for n, v in serving.items()}
        registry.promote(DAMAGED)
        until(lambda: told()['twinserve_refused_version{model="fruit"}'] == "3.0")
        registry.promote(2)
        until(lambda: told().get('twinserve_model_info{model="fruit",version="2"}') == "1.0")
        assert told()['twinserve_model_info{model="fruit",version="1"}'] == "0.0"
        assert told()['twinserve_refused_version{model="fruit"}'] == "0.0"
        (registry.folder / "champion").write_text("x")
        until(lambda: told()['twinserve_refused_version{model="fruit"}'] == "-1.0")
        registry.promote(2)
        until(lambda: told()['twinserve_refused_version{model="fruit"}'] == "0.0")


def test_a_good_champion_after_a_refused_one_serves(registry: Registry) -> None:
    looking = Looking(registry)
    for version in (DAMAGED, 2):
        registry.promote(version)
        looking.watch.look()
    assert (looking.swapped, looking.watch.refused) == (["2"], None)


def test_a_version_that_is_repaired_in_place_serves(registry: Registry) -> None:
    """A repaired version is opened without another promotion."""
    looking = Looking(registry)
    registry.promote(DAMAGED)
    looking.watch.look()
    shutil.copyfile(registry.path(1) / "golden.json", registry.path(DAMAGED) / "golden.json")
    looking.watch.look()
    assert (looking.swapped, looking.watch.refused) == (["3"], None)
    assert looking.count("refused") == "1.0"


def test_a_version_that_appears_where_it_was_missed_serves(registry: Registry) -> None:
    looking = Looking(registry)
    (registry.folder / "champion").write_text("4\n")
    looking.watch.look()
    shutil.copytree(registry.path(2), registry.path(4))
    looking.watch.look()
    assert looking.swapped == ["4"]


def test_what_failed_for_a_passing_reason_is_tried_again_after_a_while(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused version is tried again, and logged once for each reason."""
    tries: list[int] = []

    def full(_registry: Registry, version: int, *_: object) -> None:
        tries.append(version)
        raise MemoryError

    looking = Looking(registry)
    registry.promote(2)
    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr(following, "open_model_version", full)
        with pytest.raises(MemoryError):
            looking.watch.look()
        looking.watch.look()
        assert tries == [2]  # Too soon.
        patch.setattr(following, "RETRY", 0.0)
        looking.watch._again = following._Again(registry.path(2))
        looking.watch.look()
        looking.watch.look()
    assert tries == [2, 2, 2]
    assert [line["event"] for line in lines] == ["opening", "refused"]
    looking.watch._again = following._Again(registry.path(77))
    looking.watch.look()
    assert (looking.swapped, looking.watch.refused) == (["2"], None)


def test_a_refused_version_stays_refused_when_the_champion_file_is_whole_again(registry: Registry) -> None:
    looking = Looking(registry)
    for content in (f"{DAMAGED}\n", "x\n", f"{DAMAGED}\n"):
        (registry.folder / "champion").write_text(content)
        looking.watch.look()
    assert looking.watch.refused is not None
    assert looking.watch.refused[0] == str(DAMAGED)


def test_while_a_version_is_being_opened_ready_says_which_and_since_when(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def slow(registry: Registry, *arguments: Any) -> ModelVersion:
        seen.append(ready(service))
        return open_model_version(registry, *arguments)

    with opened(registry) as service:
        monkeypatch.setattr(following, "open_model_version", slow)
        registry.promote(2)
        until(lambda: ready(service)["version"] == "2")
        assert "opening" not in ready(service)
    (reply,) = seen
    since = datetime.fromisoformat(reply["opening"].pop("since"))
    assert reply == {"status": "ready", "model": "fruit", "version": "1", "opening": {"version": "2"}}
    assert abs((datetime.now(UTC) - since).total_seconds()) < DEADLINE


def test_a_pointer_that_is_a_pipe_is_a_damaged_one(registry: Registry) -> None:
    """A champion file that is a pipe does not block."""
    looking = Looking(registry)
    (registry.folder / "champion").unlink()
    os.mkfifo(registry.folder / "champion")
    looking.watch.look()
    assert looking.watch.refused is not None
    assert looking.watch.refused[0] == "?"
    (registry.folder / "champion").unlink()
    registry.promote(2)
    looking.watch.look()
    assert looking.swapped == ["2"]


def test_an_opening_is_given_up_when_the_service_closes(registry: Registry) -> None:
    """A cancelled opening is not logged as a refusal."""
    looking = Looking(registry)
    looking.watch._stop.set()
    registry.promote(2)
    with capture_logs() as lines:
        looking.watch.look()
    assert [line["event"] for line in lines] == ["opening"]
    assert (looking.swapped, looking.watch.refused) == ([], None)


@pytest.mark.parametrize("content", [b"", b"x\n", b"\xff"])
def test_a_damaged_champion_file_is_refused_once_and_forgotten_when_it_is_whole(
    registry: Registry, content: bytes
) -> None:
    looking = Looking(registry)
    (registry.folder / "champion").write_bytes(content)
    with capture_logs() as lines:
        looking.watch.look()
        looking.watch.look()
    assert [line["event"] for line in lines] == ["refused"]
    assert looking.watch.refused is not None
    (registry.folder / "champion").write_text("1\n")
    looking.watch.look()
    assert looking.swapped == []
    assert not looking.watch.refused


def test_a_champion_that_is_gone_is_refused_and_the_old_one_goes_on(registry: Registry) -> None:
    looking = Looking(registry)
    (registry.folder / "champion").write_text("77\n")
    looking.watch.look()
    assert looking.watch.refused is not None
    assert looking.watch.refused[0] == "77"
    assert looking.swapped == []


def test_a_fault_while_opening_is_a_refusal_too(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception in an opening is reported as a refusal."""

    def fail(*_: object) -> None:
        raise MemoryError

    looking = Looking(registry)
    registry.promote(2)
    monkeypatch.setattr(following, "open_model_version", fail)
    with pytest.raises(MemoryError):
        looking.watch.look()
    assert looking.watch.refused == ("2", "It could not be opened (MemoryError); train it again.")
    assert looking.count("refused") == "1.0"


def test_a_fault_does_not_end_the_watch(registry: Registry, often: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    with opened(registry) as service:
        with monkeypatch.context() as patch:
            patch.setattr(following, "open_model_version", lambda *_: 1 / 0)
            registry.promote(2)
            until(lambda: "refused" in ready(service))
        registry.promote(1)
        until(lambda: "refused" not in ready(service))
        registry.promote(2)
        until(lambda: ready(service)["version"] == "2")


def test_after_closing_nobody_looks(registry: Registry, often: None) -> None:  # noqa: ARG001
    with opened(registry) as service:
        pass
    watch = service.models._watch
    assert watch is not None
    watch._thread.join(DEADLINE)
    assert not watch._thread.is_alive()


def test_a_version_that_is_let_go_is_gone_at_once(registry: Registry) -> None:
    """A replaced version is freed at once, because it has no reference cycles."""
    version = open_model_version(registry, 1, settings(registry), Metrics())
    whole, codec = version._artifact, version.codec(NATIVE)
    assert isinstance(codec, NativeCodec)
    parts = version, version._predictor, codec, codec._coverage, whole.explainer, whole.coverage, version.form
    gone = [weakref.ref(part) for part in parts if part is not None]
    del version, whole, codec, parts
    assert [ref() for ref in gone] == [None] * 7


# ---- memory ---------------------------------------------------------------------------------------------------------

SWAPPING: Final = """
import sys
from pathlib import Path
from twinserve.errors import RegistryError
from twinserve.store.registry import Registry
from twinserve.service.telemetry.metrics import Metrics
from twinserve.service.inference.version import ModelVersion
from twinserve.service.settings import Settings
from twinserve.service.inference.models.follower import Follower

root, keep = sys.argv[1], sys.argv[2] == "keep"
registry, kept, current = Registry(Path(root), "fruit"), [], [None]
settings, metrics = Settings(_env_file=None, artifacts=root, model="fruit"), Metrics()

def swap(new):
    current[0] = new
    kept.extend([new] * keep)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

watch = Follower(registry, settings, metrics, 1, swap)

def swaps(count):
    for turn in range(count):
        registry.promote(2 - turn % 2)
        watch.look()
    assert watch.refused is None
    return resident()

print(swaps(6), swaps(50))
"""


@pytest.fixture(scope="module")
def heavy_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose versions take much memory; it takes 20 s to make."""
    return swapping.heavy_store(tmp_path_factory.mktemp("heavy")).folder.parent


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("held", ["drop", "keep"])
def test_fifty_swaps_leave_the_memory_within_a_tenth(heavy_store: Path, held: str) -> None:
    """Fifty swaps do not grow memory; keeping the old versions would."""
    command = [sys.executable, "-c", SWAPPING, str(heavy_store), held]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TWINSERVE_LOG_LEVEL": "error"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    before, after = map(int, done.stdout.split()[-2:])
    assert (after <= before * 1.1) is (held == "drop")


@pytest.mark.usefixtures("often")
def test_stopping_waits_for_what_is_being_opened(registry: Registry) -> None:
    """Closing waits for an opening, because ending the interpreter during it would be SIGABRT."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def swap(_: object) -> None:
        begun.set()
        assert may_end.wait(DEADLINE)
        ended.set()

    given, metrics = settings(registry), Metrics()
    stop = threading.Event()
    watch = Watch(Follower(registry, given, metrics, 1, swap, stop).look, stop)
    watch.start()
    registry.promote(2)
    assert begun.wait(DEADLINE)
    threading.Timer(0.1, may_end.set).start()
    watch.stop()
    assert ended.is_set()


def test_where_versions_wait_for_a_promotion_a_start_says_so(registry: Registry) -> None:
    """Without a champion, the error of a start names the newest version to promote."""
    (registry.folder / "champion").unlink()
    with pytest.raises(RegistryError, match=r"promote one of its versions, such as \d+\.$"):
        registry.require_champion()


def test_a_hold_is_followed_without_a_swap(registry: Registry) -> None:
    looking = Looking(registry)
    registry.promote(2)
    hold = registry.rollback()
    looking.watch.look()
    assert (looking.swapped, looking.watch.hold) == ([], hold)
    registry.promote(1)
    looking.watch.look()
    assert (looking.swapped, looking.watch.hold) == ([], None)
