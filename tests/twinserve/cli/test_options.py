"""The options that several commands share."""

from __future__ import annotations

import argparse

import pytest

from twinserve.cli.options import add_metric


def asked(*arguments: str) -> str | None:
    """The metric of these arguments."""
    parser = argparse.ArgumentParser()
    add_metric(parser, "it decides")
    metric: str | None = parser.parse_args(arguments).metric
    return metric


@pytest.mark.parametrize("name", ["rmse", "average_precision", "pinball", "pinball_0.9"])
def test_a_metric_is_named_with_the_quantile_of_a_pinball_loss(name: str) -> None:
    assert asked("--metric", name) == name


def test_an_unknown_metric_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        asked("--metric", "pinball_2")
    assert "rmse" in capsys.readouterr().err
