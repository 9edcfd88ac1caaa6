"""Asks a server with SageMaker's client of a local container: run by another Python, which has that."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sagemaker.local import LocalSagemakerRuntimeClient


def main(url: str, path: str) -> None:
    """Predict for JSON and for CSV, and read CSV."""
    facts = json.loads(Path(path).read_text())
    client = LocalSagemakerRuntimeClient({"local": {"serving_port": int(url.split(":")[1])}})

    def ask(body: str, media_type: str, accept: str | None = None) -> Any:
        answer = client.invoke_endpoint(Body=body, EndpointName="any", ContentType=media_type, Accept=accept)
        return answer["Body"].read().decode()

    names, rows = list(facts["columns"]), list(zip(*facts["columns"].values(), strict=True))
    body = json.dumps({"instances": [dict(zip(names, row, strict=True)) for row in rows]})
    assert json.loads(ask(body, "application/json")) == {"predictions": facts["predictions"]}
    lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
    assert json.loads(ask("\n".join(lines), "text/csv")) == {"predictions": facts["predictions"]}
    table = ask("\n".join([",".join(names), *lines]), "text/csv", "text/csv")
    assert [json.loads(line) for line in table.splitlines()] == facts["predictions"]
    json.dump({"missing": ask("{}", "application/json")}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
