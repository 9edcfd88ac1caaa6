"""A program that registers and promotes a toy model for each command, in a child process that it kills at a given
moment. The library has no code for this.

Standard input has one command a line, standard output the child's exit code (negative: the signal that ended it):
`step 7` kills before the seventh change of the store, `after 0.12` after so many seconds, `whole` never.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from harness import fruit
from twinserve.proof.prove import compile_model, prove
from twinserve.release.build import Built, Lineage, register
from twinserve.release.quality import evaluate_on_holdout
from twinserve.store.registry import Registry

EVENTS: Final = frozenset({"open", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.rmdir"})
WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_at(step: int, root: str) -> None:
    """End this process, as SIGKILL does, right before a given step in the store."""
    left = step

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        inside = event in EVENTS and (str(arguments[0]).startswith(root) or event in ("os.remove", "os.rmdir"))
        if not inside or (event == "open" and not arguments[2] & WRITING):
            return
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def kill_after(seconds: float) -> None:
    """End this process after a while; nothing here handles the signal, so nothing is cleaned up."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def in_a_child(work: Callable[[], None]) -> int:
    """Do it in a forked process; gives its exit code."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def answer(what: object) -> None:
    """Write one line to the process that sends the commands."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main(root: str) -> None:
    """Fit, prove and evaluate once; then register as often as commands come."""
    data, fitted = fruit.fitted(fruit.FRUIT)
    registry = Registry(Path(root), "fruit")
    graph = compile_model(fitted.pipeline, data.signature)
    proved = prove(fitted.pipeline, graph, data.signature, data.target, data.sides, 0)
    quality = evaluate_on_holdout(proved.predictor, data, fitted.baseline, 0, fruit.FRUIT.metric)
    built = Built(fruit.FRUIT, data, fitted, proved, quality, Lineage(seed=0, git_commit=None))

    def train(command: str) -> None:
        kind, _, number = command.partition(" ")
        if kind == "step":
            kill_at(int(number), root)
        elif kind == "after":
            kill_after(float(number))
        version = register(registry, built).version
        registry.promote(version)

    answer("ready")
    for line in sys.stdin:
        answer(in_a_child(partial(train, line.strip())))


if __name__ == "__main__":
    main(sys.argv[1])
