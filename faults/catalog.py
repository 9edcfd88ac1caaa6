"""All scenarios, in the order of the table."""

from __future__ import annotations

from typing import Final

from faults.scenario import Elsewhere, Scenario
from faults.scenes import arrival, descriptors, hostile, load, predictors, shapes, starting, stopping, storing, together
from faults.soak import scenario_of

SCENES: Final = (load, stopping, arrival, descriptors, shapes, hostile, predictors, starting, storing, together)
SCENARIOS: Final = tuple(item for scene in SCENES for item in scene.SCENES)
ELSEWHERE: Final = (
    Elsewhere(
        "L8", "the same bodies to all doors", "tested in process", ("tests/contract", "tests/servers/test_wire.py")
    ),
    Elsewhere(
        "F5", "SIGKILL of a training", "tested at every step", ("tests/twinserve/store/test_registry_crashes.py",)
    ),
    Elsewhere("F8", "corrupted artifacts", "tested without a door", ("tests/twinserve/store/test_artifact.py",)),
    Elsewhere(
        "F9", "another scikit-learn", "tested with edited manifests", ("tests/twinserve/store/test_pipeline_file.py",)
    ),
    Elsewhere(
        "F10", "trainings at the same time", "tested without a door", ("tests/twinserve/store/test_registry.py",)
    ),
    Elsewhere(
        "F11", "swaps under load", "tested with two workers; `make soak` swaps, too", ("tests/servers/test_swap.py",)
    ),
    Elsewhere("F12", "swap to a damaged version", "tested with two workers", ("tests/servers/test_swap.py",)),
    Elsewhere("F13", "clock jumps", "needs libfaketime, under which gunicorn does not start; deadlines are monotonic"),
    Elsewhere(
        "F18",
        "other JSON abuse",
        "held for the core and all doors",
        ("twinserve/testing/contract/malformed.py", "twinserve/testing/contract/surprising.py"),
    ),
    Elsewhere(
        "F21", "fork after OpenMP", "not played: models are opened after the fork, so there is nothing to inherit"
    ),
    Elsewhere("F22", "a blocked event loop", "not played with debug mode; L5 shows what health waits for"),
    Elsewhere("F25", "the image", "needs a container engine: `make image-check`", ("tests/image/check.sh",)),
    Elsewhere(
        "F26",
        "a store that others can write to: pipes, sparse files, bombs, endless loops, data of other files",
        "tested with real servers",
        (
            "tests/servers/test_hostile_store.py",
            "tests/twinserve/graph/test_check.py",
            "tests/twinserve/store/test_store_file.py",
        ),
    ),
    Elsewhere(
        "F27", "what servers and trainings send and write unasked", "tested with strace", ("tests/test_quiet.py",)
    ),
    Elsewhere("3.3", "credentials, scopes, tokens", "tested at all doors", ("tests/contract/test_auth.py",)),
)


def soak(requests: int) -> tuple[Scenario, ...]:
    """The scenarios that run for long."""
    return (scenario_of(requests),)
