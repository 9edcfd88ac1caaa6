"""The peers' environments: one folder each, so that their versions are independent."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.prepared import OUT

PEERS: Final = Path(__file__).parent / "peers"
SAME_AS_OURS: Final = ("scikit-learn", "joblib", "pandas")
"""The packages that must have the same versions in a peer, which opens our pipeline."""


class SetupFailed(Exception):
    """An environment could not be made."""


def interpreter(environment: str | None) -> Path | None:
    """The Python of an environment, our own for None; None where it is not set up."""
    if environment is None:
        return Path(sys.executable)
    path = _folder(environment) / "bin" / "python"
    return path if (_folder(environment) / "complete").is_file() else None


def set_up(environment: str) -> None:
    """Make a peer's environment with the latest compatible versions; raises `SetupFailed`."""
    folder = _folder(environment)
    venv.create(folder, clear=True, with_pip=True)
    requirements = PEERS / environment / "requirements.txt"
    pinned = [f"{name}=={importlib.metadata.version(name)}" for name in SAME_AS_OURS]
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "-r", str(requirements), *pinned], check=False)  # noqa: S603  # Our own files.
    if done.returncode:
        raise SetupFailed(f"pip could not install {environment} beside {', '.join(pinned)}.")
    (folder / "complete").touch()


def versions(environment: str | None, distributions: Sequence[str]) -> Mapping[str, str]:
    """The versions of the installed ones of these packages."""
    python = interpreter(environment)
    if python is None:
        return {}
    program = (
        "import importlib.metadata as m, json, sys;"
        "have = {d.name.lower().replace('_', '-'): d.version for d in m.distributions() if d.name};"
        "print(json.dumps({name: have[name] for name in sys.argv[1:] if name in have}))"
    )
    shown = subprocess.run([str(python), "-c", program, *distributions], capture_output=True, text=True, check=True)  # noqa: S603  # Our own program.
    installed: Mapping[str, str] = json.loads(shown.stdout)
    return installed


def _folder(environment: str) -> Path:
    return OUT / "envs" / environment
