"""The contract of an app that mounts the paths, for a model of several targets and for an anomaly detector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from tests.doors import open_both
from twinserve.testing import ContractSuite, Send
from twinserve.testing.contract.tasks import service
from twinserve.testing.fakes import car


class OfTask(ContractSuite):
    """All doors over a model of one task."""

    task: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls) -> Iterator[Send]:
        """All doors, which must answer alike."""
        with open_both(service(cls.task)) as doors:
            yield doors.send

    @pytest.fixture
    def instance(self) -> Any:
        """A car."""
        return car()


class TestSeveralLabels(OfTask):
    """Labels with their probabilities."""

    task = "labels"


class TestSeveralValues(OfTask):
    """Values."""

    task = "values"


class TestQuantiles(OfTask):
    """A value with other quantiles."""

    task = "quantiles"


class TestAnomaly(OfTask):
    """A label with a score."""

    task = "anomaly"
