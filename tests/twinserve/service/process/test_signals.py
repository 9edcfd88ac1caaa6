"""Which signals stop a server, end it at once, or change nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from structlog.testing import capture_logs

from harness import ROOT
from twinserve.service.process.signals import IGNORED, STOP, URGENT, Urgency, ignored


def test_no_signal_has_two_meanings() -> None:
    """Each signal has one effect; urgent signals stop on the first and end at once on the second."""
    assert not {*STOP} & {*IGNORED}
    assert {*URGENT} < {*STOP}


def test_the_second_urgent_signal_is_final() -> None:
    """A second TERM is not final, because supervisors send it twice, nor does it count for Ctrl-C."""
    urgency = Urgency()
    given = [signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT]
    assert [urgency.is_final(number) for number in given] == [False, False, False, False, True]


def test_an_ignored_signal_is_one_line() -> None:
    """An ignored signal is one line of the log, with its name."""
    with capture_logs() as lines:
        ignored(signal.SIGHUP)
    assert [(line["event"], line["signal"]) for line in lines] == [("signal ignored", "SIGHUP")]


def test_leaving_runs_what_was_registered_and_waits_for_no_thread() -> None:
    """The exit code is the given one, output is flushed, exit handlers run, and threads are not awaited."""
    program = """if True:
        import atexit, threading
        from twinserve.service.process import signals
        atexit.register(lambda: print("registered"))
        threading.Thread(target=threading.Event().wait, daemon=False).start()
        print("printed")
        signals.leave(3)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )  # Ours.
    assert (done.returncode, done.stdout.split()) == (3, ["printed", "registered"])


def test_output_that_nobody_takes_changes_no_exit_code() -> None:
    """A full disk or a closed stream is no reason for a supervisor to think that the service failed."""
    program = "import sys; from twinserve.service.process import signals; print('x'); signals.leave(0)"
    for redirection in (">/dev/full 2>/dev/full", ">&- 2>&-"):
        command = f'"$0" -c "$1" {redirection}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable, program], cwd=ROOT, env={"PATH": os.environ["PATH"]}, timeout=60
        )
        assert done.returncode == 0
