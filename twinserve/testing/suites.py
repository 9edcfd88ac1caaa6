"""`ContractSuite`, for an app that mounts the paths, and `DoorSuite`, for a door."""

from __future__ import annotations

from twinserve.testing.contract.content import BodyLimitContract, ContentContract
from twinserve.testing.contract.documents import CarsDocumentsContract, DocumentsContract
from twinserve.testing.contract.explanations import CarsExplanationsContract, ExplanationsContract
from twinserve.testing.contract.faults import FaultsContract
from twinserve.testing.contract.findings import FindingsContract, OutOfRangeContract
from twinserve.testing.contract.forms import CarsFormContract, FormContract
from twinserve.testing.contract.malformed import MalformedContract
from twinserve.testing.contract.pages import PagesContract, PagesSettingContract
from twinserve.testing.contract.predictions import BatchesContract, PredictionsContract
from twinserve.testing.contract.problems import ProblemsContract, RepliesContract
from twinserve.testing.contract.routes import OtherPathsContract, RoutesContract
from twinserve.testing.contract.rules import RulesContract
from twinserve.testing.contract.spellings import SpellingsContract
from twinserve.testing.contract.surprising import SurprisingContract
from twinserve.testing.contract.tasks import TasksContract


class ContractSuite(
    RoutesContract,
    ContentContract,
    MalformedContract,
    ProblemsContract,
    RepliesContract,
    BatchesContract,
    ExplanationsContract,
    DocumentsContract,
    PagesContract,
    FormContract,
):
    """The contract of an app that mounts the paths of Twinserve, for any model.

    A subclass sets `prefix` and provides the fixtures `door` and `instance` (see `Suite`). The app serves a champion
    with the default settings of limits, and without the settings of credentials and rates.
    """


class DoorSuite(
    OtherPathsContract,
    BodyLimitContract,
    SurprisingContract,
    RulesContract,
    SpellingsContract,
    FindingsContract,
    OutOfRangeContract,
    FaultsContract,
    PredictionsContract,
    TasksContract,
    CarsExplanationsContract,
    CarsDocumentsContract,
    PagesSettingContract,
    CarsFormContract,
    ContractSuite,
):
    """The contract of a door, an app of its own. A subclass overrides `open` (see `OpenedSuite`)."""
