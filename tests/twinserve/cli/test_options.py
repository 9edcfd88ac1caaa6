"""The options that several commands share."""

from __future__ import annotations

import argparse

import pytest

from twinserve.cli.options.shared import add_decision, add_metric


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


@pytest.mark.parametrize("given", ["20%", "20", "-0.1", "nan"])
def test_a_threshold_is_a_probability(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_decision(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([f"--threshold={given}"])
    assert "not a probability from 0 to 1, such as 0.2" in capsys.readouterr().err
