"""The contract of an app that mounts the paths, for a model of several targets and for an anomaly detector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from tests.doors import open_both
from twinserve.testing import Send
from twinserve.testing.contract.content import ContentContract
from twinserve.testing.contract.documents import DocumentsContract
from twinserve.testing.contract.explanations import ExplanationsContract
from twinserve.testing.contract.forms import FormContract
from twinserve.testing.contract.malformed import MalformedContract
from twinserve.testing.contract.pages import PagesContract
from twinserve.testing.contract.predictions import BatchesContract
from twinserve.testing.contract.problems import ProblemsContract, RepliesContract
from twinserve.testing.contract.routes import RoutesContract
from twinserve.testing.contract.suite import Suite
from twinserve.testing.contract.tasks import service
from twinserve.testing.fakes import car
from twinserve.testing.suites import ContractSuite


class Asked(Suite):
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


class OfTask(
    Asked,
    RoutesContract,
    ProblemsContract,
    RepliesContract,
    BatchesContract,
    ExplanationsContract,
    DocumentsContract,
    PagesContract,
    FormContract,
):
    """What is asked of each task. What a request must be is decided before anything is predicted, and is asked of all
    doors over a classification (`test_suite.py`); of these models in `Refusing`."""


class Refusing(Asked, ContentContract, MalformedContract):
    """The rest of the contract."""


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


@pytest.mark.extended
class TestRefusingSeveralLabels(Refusing):
    """Requests of a model of several labels."""

    task = "labels"


@pytest.mark.extended
class TestRefusingSeveralValues(Refusing):
    """Requests of a model of several values."""

    task = "values"


@pytest.mark.extended
class TestRefusingQuantiles(Refusing):
    """Requests of a model of quantiles."""

    task = "quantiles"


@pytest.mark.extended
class TestRefusingAnomaly(Refusing):
    """Requests of an anomaly detector."""

    task = "anomaly"


def test_no_part_of_the_contract_is_left_out() -> None:
    assert {*ContractSuite.__mro__} - {ContractSuite} <= {*OfTask.__mro__, *Refusing.__mro__}
