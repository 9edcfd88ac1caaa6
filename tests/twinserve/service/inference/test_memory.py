"""Free memory is kept for the next request, and returned when that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import pytest

from harness import ROOT

SCRIPT: Final = """
from harness.page_faults import page_faults
from twinserve.service.inference.memory import give_back_memory, keep_free_memory

page_faults()
left = page_faults()
keep_free_memory()
page_faults()
kept = page_faults()
give_back_memory()
print(left, kept, page_faults())
"""


def faults(variables: Mapping[str, str]) -> tuple[int, int, int]:
    """The page faults of the same work: before memory is kept, then, and after it was given back."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    shown = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    left, kept, after = map(int, shown.stdout.split())
    return left, kept, after


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no such option")
def test_free_memory_is_kept_until_it_is_given_back() -> None:
    left, kept, after = faults({})
    assert kept < 10 < left
    assert after > kept


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries have no such option")
def test_the_library_s_own_variables_win() -> None:
    left, kept, _ = faults({"MALLOC_TRIM_THRESHOLD_": "65536"})
    assert kept > left / 2 > 10
