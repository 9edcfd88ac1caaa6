"""The time of `Model.predict` for one dict of the default model: `python -m bench.inprocess`.

Each figure is the least of many short runs, so that other processes disturb it little.
"""

from __future__ import annotations

import json
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness import ROOT, tumor
from twinserve import open_model

CALLS: Final = 200
RUNS: Final = 400


def microseconds(call: Callable[[], object]) -> float:
    """The time of a call."""
    return min(timeit.repeat(call, number=CALLS, repeat=RUNS)) / CALLS * 1e6


def main() -> None:
    """Print the time of an instance as a dict, and in a list of a thousand."""
    instance = json.loads((ROOT / "examples" / "tumor.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        tumor.store(Path(folder))
        model = open_model(folder)
        print(f"one dict        {microseconds(lambda: model.predict(instance)):.1f} us")  # noqa: T201  # The result.
        print(f"with coverage   {microseconds(lambda: model.predict(instance, coverage=0.9)):.1f} us")  # noqa: T201  # As above.
        many = [instance] * 1000
        each = min(timeit.repeat(lambda: model.predict(many), number=1, repeat=20)) * 1e3
        print(f"one of a list   {each:.1f} us")  # noqa: T201  # As above.


if __name__ == "__main__":
    main()
