"""Fixtures for all tests of `model/compile`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """The tables are tiny: more threads would only wait for each other, seconds long on a busy machine."""
    with threadpool_limits(1):
        yield
