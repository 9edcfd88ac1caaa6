"""What to do with a champion: the command that serves it, and a request that it answers."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Final

from twinserve.cli.pasted import pasted
from twinserve.signature import Signature
from twinserve.signature.sample_row import sample_row
from twinserve.store.artifact import MODEL
from twinserve.store.pipelines import pipeline_file

URL: Final = "http://127.0.0.1:8000/predict"
MOST_FIELDS: Final = 1_000
LONGEST: Final = 100_000
"""Characters of a request; Linux takes 131,072 bytes in one argument."""


def next_step(folder: Path, signature: Signature) -> list[str]:
    """The shell commands that serve the version in this folder, its model's champion, and ask it.

    The second is missing where a field has no value that is known to be valid, or where the row is too long."""
    only_pickle = not (folder / MODEL).exists() and (folder / pipeline_file.JOBLIB).exists()
    commands = [f"{'TWINSERVE_TRUST_PICKLES=true ' * only_pickle}{pasted('serve', folder.parent)}"]
    row = sample_row(signature) if len(signature.features) <= MOST_FIELDS else None
    body = shlex.quote(json.dumps(row, separators=(",", ":")))
    if row is not None and len(body) < LONGEST:
        commands.append(f"curl -s {URL} -H 'Content-Type: application/json' -d {body}")
    return commands
