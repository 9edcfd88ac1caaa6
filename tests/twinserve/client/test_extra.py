"""What the client says where its extra is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness import ROOT


@pytest.mark.parametrize("module", ["client", "client.transport.blocking", "client.errors"])
def test_without_httpx_the_extra_is_named(module: str) -> None:
    """Whichever module is loaded first."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.modules['httpx2'] = None; import twinserve.{module}"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=False, env={})
    told = done.stderr.strip().splitlines()[-1]
    assert told == "ModuleNotFoundError: twinserve.client needs HTTPX: pip install 'twinserve[client]'"
