"""A process knows whether its parent has started the same command twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from harness import ROOT

ASK = "from twinserve.service.telemetry.siblings import has_siblings; input(); print(has_siblings()); input()"
PARENT = """
import subprocess, sys
children = [
    subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for line in sys.argv[1].split("||") for _ in range(int(sys.argv[2]))
]
for child in children:
    child.stdin.write("\\n")
    child.stdin.flush()
    print(child.stdout.readline().strip())
for child in children:
    child.communicate("\\n")
"""


@pytest.mark.parametrize(
    ("lines", "each", "expected"),
    [
        ([ASK], 1, ["False"]),
        ([ASK], 2, ["True", "True"]),
        ([ASK, f"{ASK};0"], 1, ["False", "False"]),
        ([f"{ASK} # pipe_handle=7", f"{ASK} # pipe_handle=12"], 1, ["True", "True"]),
    ],
    ids=["alone", "one of two", "beside another program", "spawned by multiprocessing"],
)
def test_siblings_are_those_of_the_same_command(lines: Sequence[str], each: int, expected: list[str]) -> None:
    command = [sys.executable, "-c", PARENT, "||".join(lines), str(each)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == expected
