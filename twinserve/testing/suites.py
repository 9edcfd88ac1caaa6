"""The whole suite: for an app with our paths in it, and for a whole door."""

from __future__ import annotations

from twinserve.testing.contract.content import BodyLimitContract, ContentContract
from twinserve.testing.contract.documents import CarsDocumentsContract, DocumentsContract
from twinserve.testing.contract.faults import FaultsContract
from twinserve.testing.contract.findings import FindingsContract, OutOfRangeContract
from twinserve.testing.contract.malformed import MalformedContract
from twinserve.testing.contract.predictions import BatchesContract, PredictionsContract
from twinserve.testing.contract.problems import ProblemsContract, RepliesContract
from twinserve.testing.contract.routes import OtherPathsContract, RoutesContract
from twinserve.testing.contract.rules import RulesContract
from twinserve.testing.contract.surprising import SurprisingContract


class ContractSuite(
    RoutesContract,
    ContentContract,
    MalformedContract,
    ProblemsContract,
    RepliesContract,
    BatchesContract,
    DocumentsContract,
):
    """What holds for any app that our paths are mounted in, whatever its model.

    A subclass names the `prefix`, and has the fixtures `door` and `instance` (see `Suite`). The app serves a champion,
    with the default limits and without credentials or rates of our own.
    """


class DoorSuite(
    OtherPathsContract,
    BodyLimitContract,
    SurprisingContract,
    RulesContract,
    FindingsContract,
    OutOfRangeContract,
    FaultsContract,
    PredictionsContract,
    CarsDocumentsContract,
    ContractSuite,
):
    """All that holds for a door which is a whole app: a subclass gives `open` (see `OpenedSuite`), nothing else."""
