"""Fixtures of all tests: a clean environment, and one real model that is trained once."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import hypothesis
import pytest
import structlog

from twinserve.service.settings_together import PREFIX
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER

if TYPE_CHECKING:
    from twinserve.store.registry import Registry

FONTS: Final = "MPLCONFIGDIR"
if hypothesis.settings.get_current_profile_name() == "ci":  # Where CI=true: half as many examples as by hand.
    hypothesis.settings.register_profile("brief", hypothesis.settings.get_profile("ci"), max_examples=50)
    hypothesis.settings.load_profile("brief")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings come neither from the shell that runs the tests nor from a `.env` file; the home folder is a temporary
    one. Matplotlib's list of fonts is made once for all trainings of a run; each would take half a second."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(PREFIX) or name == METRICS_FOLDER:
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        if FONTS not in os.environ:
            patch.setenv(FONTS, str(tmp_path_factory.getbasetemp().parent / "fonts"))
        patch.chdir(tmp_path_factory.mktemp("empty"))
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """Restore SIGINT, which a shell that runs the tests in the background sets to be ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Keep logs short: formatting a traceback with frames takes most of a second. Before each test, as an app that
    another one has opened may have configured them, and the log keeps its first configuration."""
    vars(log).pop("bind", None)
    structlog.reset_defaults()
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one small real model, `tumor` version 1, as `train.py` makes it; it is the champion."""
    from harness import tumor

    return tumor.store(tmp_path_factory.mktemp("artifacts")).folder.parent


@pytest.fixture(scope="session")
def swapping_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store that `harness.swapping` makes; not to be changed."""
    from harness import swapping

    return swapping.store(tmp_path_factory.mktemp("swapping")).folder.parent


@pytest.fixture
def registry(swapping_store: Path, tmp_path: Path) -> Registry:
    """A copy of that store: versions 1 and 2 are good, 3 is damaged, 1 is the champion."""
    from harness import swapping
    from twinserve.store.registry import Registry

    return Registry(Path(shutil.copytree(swapping_store, tmp_path / "store")), swapping.NAME)


NEW_OBJECTS: Final = 200_000
"""So many more objects make the garbage collector look."""


def pytest_sessionstart() -> None:
    """Collect no garbage while tests are collected: 15,000 of them live as long as this process."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what there is by now, and look rarely. It took a fifth of the processor's
    time, and up to two seconds at once, in which no server of a test answered."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    gc.enable()


LATER: Final = sys.maxsize
TRAINING: Final = {"release", "explain", "saved_models", "inprocess", "store", "proof", "predict"}
"""Rooms whose tests train models; with their files at the end one process would work on while the others wait."""


def _trains(path: Path) -> bool:
    return not TRAINING.isdisjoint(path.parts)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, those of files with few tests, each of which takes long, before all others; then those of
    rooms that train. Tests of real processes check times, which a busy machine may exceed: they are tried up to three
    times."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: sizes[item.path] if item.get_closest_marker("slow") else LATER - _trains(item.path))
    for item in items:
        if item.get_closest_marker("slow") and (
            {"servers", "hosts"} & set(item.path.parts) or item.path.name == "test_serve.py"
        ):
            item.add_marker(pytest.mark.flaky(reruns=2))
