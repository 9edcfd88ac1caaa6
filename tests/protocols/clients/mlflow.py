"""Asks a server with MLflow's client of its scoring server: run by another Python, which has that."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient


def refusal(client: ScoringServerClient, frame: Any) -> str:
    """The message of a refusal."""
    try:
        client.invoke(frame)
    except Exception as error:  # It raises no narrower one.
        return str(error)
    raise AssertionError("It was not refused.")


def main(url: str, path: str) -> None:
    """Ping, read the version, and predict for a frame, whose missing numbers are sent as NaN."""
    facts = json.loads(Path(path).read_text())
    host, port = url.split(":")
    client = ScoringServerClient(host, int(port))
    client.ping()
    assert client.get_version()
    frame = pd.DataFrame(facts["columns"])
    found = client.invoke(frame).get_predictions()[0].tolist()
    assert found == facts["predictions"], found
    json.dump({"missing": refusal(client, frame.iloc[:, 1:])}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
