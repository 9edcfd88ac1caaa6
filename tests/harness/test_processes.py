"""Processor time and memory of a process tree, from the text of /proc."""

from __future__ import annotations

import os

import pytest

from harness import processes
from harness.processes import Process

STAT = "42 (a (b) c) S 7 42 42 0 -1 4194304 900 0 0 0 {user} {kernel} 5 6 20 0 8 0 1 1 1"


def test_a_name_with_blanks_and_brackets_does_not_shift_the_fields() -> None:
    process = processes.parse_stat(STAT.format(user=150, kernel=50))
    assert (process.number, process.parent) == (42, 7)
    assert process.seconds == pytest.approx(200 * processes.TICK)


def test_a_tree_holds_descendants_of_any_depth_and_nobody_else() -> None:
    every = [Process(1, 0, 0.0), Process(5, 4, 0.0), Process(4, 2, 0.0), Process(2, 1, 0.0), Process(3, 1, 0.0)]
    assert {process.number for process in processes.tree(2, every)} == {2, 4, 5}


def test_a_process_that_is_gone_has_no_tree() -> None:
    assert processes.tree(9, [Process(1, 0, 0.0)]) == []


def test_a_process_that_came_in_between_counts_from_its_start() -> None:
    before = [Process(2, 1, 1.0)]
    after = [Process(2, 1, 1.5), Process(3, 2, 0.25)]
    assert processes.seconds_between(before, after) == pytest.approx(0.75)


def test_memory_is_read_in_megabytes() -> None:
    text = (
        "560-7ff ---p 0 00:00 0 [rollup]\nRss:              100000 kB\nPss:               50000 kB\nPss_Dirty: 1 kB\n"
    )
    assert processes.parse_rollup(text) == {"resident": 102.4, "proportional": 51.2}


def test_a_core_is_busy_with_everything_but_idling_and_waiting() -> None:
    text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 400 500 6 7 8 0 0\ncpu1 0 0 0 1 0 0 0 0 0 0\nintr 1\n"
    assert processes.parse_busy(text, 0) == pytest.approx(27 * processes.TICK)
    with pytest.raises(OSError, match="no core 2"):
        processes.parse_busy(text, 2)


def test_this_very_process_has_time_and_memory() -> None:
    family = processes.family(os.getpid())
    assert family[0].number == os.getpid()
    assert processes.memory(family[:1])["resident"] > 1
