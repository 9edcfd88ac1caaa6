"""A server that answers wrongly, or not at all, is `Unfit`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import server
from bench.prepared import Rows
from bench.server import Unfit
from bench.subjects import Launch, Payload
from harness.ports import free_port

ROWS = Rows(instances=[{}, {}], table=[[1], [2]], labels=["no", "yes"], probabilities=[[0.75, 0.25], [0.125, 0.875]])


def test_probabilities_within_the_tolerance_and_right_labels_are_the_same_answer() -> None:
    server.compare([[0.75, 0.25], [0.125 + 1e-8, 0.875 - 1e-8]], ROWS)
    server.compare(["no", "yes"], ROWS)


def test_a_wrong_probability_a_wrong_label_and_a_missing_row_are_refused() -> None:
    with pytest.raises(Unfit, match="1 of 2 rows differently"):
        server.compare([[0.75, 0.25], [0.13, 0.87]], ROWS)
    with pytest.raises(Unfit, match="1 of 2 rows differently"):
        server.compare(["no", "no"], ROWS)
    with pytest.raises(Unfit, match="1 answers for 2 rows"):
        server.compare(["no"], ROWS)


def test_classes_in_another_order_are_a_wrong_answer() -> None:
    with pytest.raises(Unfit, match="2 of 2"):
        server.compare([[0.25, 0.75], [0.875, 0.125]], ROWS)


@pytest.mark.slow
def test_a_server_that_ends_at_once_is_unfit_and_leaves_its_log(tmp_path: Path) -> None:
    ends = Launch([sys.executable, "-c", "print('no model'); raise SystemExit(3)"])
    log = tmp_path / "logs" / "server.log"
    started = server.running(ends, free_port(), Payload("/", {}), folder=tmp_path, core=0, log=log)
    with pytest.raises(Unfit, match="code 3"), started:
        pass
    assert log.read_text() == "no model\n"
