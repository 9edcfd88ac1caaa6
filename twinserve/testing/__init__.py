"""The contract as a suite of pytest, for a door of your own or an app that our paths are mounted in.

from twinserve.testing import Answer, ContractSuite, DoorSuite
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("twinserve.testing.contract")  # Before it is imported: an assertion tells its values.

from twinserve.testing.answer import Answer, Send  # noqa: E402
from twinserve.testing.client import Client, Serve  # noqa: E402
from twinserve.testing.suites import ContractSuite, DoorSuite  # noqa: E402

__all__ = ["Answer", "Client", "ContractSuite", "DoorSuite", "Send", "Serve"]
