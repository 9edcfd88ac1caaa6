"""The contract as a pytest suite: run it on a door of your own, or on an app that mounts the paths of Twinserve.

from twinserve.testing import Answer, ContractSuite, DoorSuite
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("twinserve.testing.contract")  # Before its import: failing assertions show values.

from twinserve.testing.answer import Answer, Send  # noqa: E402
from twinserve.testing.client import Client, Serve  # noqa: E402
from twinserve.testing.suites import ContractSuite, DoorSuite  # noqa: E402

__all__ = ["Answer", "Client", "ContractSuite", "DoorSuite", "Send", "Serve"]
