"""The run that MLflow itself reads back; `make test-saved-models` makes its environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from harness import ROOT

pytestmark = [pytest.mark.long, pytest.mark.environments]

PYTHON: Final = ROOT / ".venv-mlflow" / "bin" / "python"
PROGRAM: Final = """
import json, sys
from pathlib import Path
from types import SimpleNamespace as S

from twinserve.release.tracking import require_mlflow, track

require_mlflow()
training = S(
    parameters={f"step__p{n}": "x" * 900 for n in range(150)} | {"odd [name]": None},
    estimator="linear", data_fingerprint="f" * 64, seed=3, git_commit="abc",
)
figures = {"metrics": {"rmse": 2.0}, "intervals": {"rmse": (1.5, 2.5)}, "baseline": {"rmse": 9.0}}
facts = S(name="loans", training=training, **figures)
trained = S(manifest=facts, version=7, folder=Path("artifacts/loans/7"), is_champion=True)
print(track(trained).sentence)

import mlflow

(run,) = mlflow.search_runs(experiment_names=["loans"], output_format="list")
told = {"params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags}
print(json.dumps(told | {"name": run.info.run_name, "status": run.info.status}))
"""


def test_mlflow_reads_parameters_metrics_and_version_back(tmp_path: Path) -> None:
    assert PYTHON.exists(), "make test-saved-models makes the environments"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHON"))}
    environment = clean | {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/runs.db"}
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    said, run = done.stdout.splitlines()[-2:]
    told = json.loads(run)
    assert said.startswith("written to MLflow as run ")
    assert said.endswith(" of the experiment loans")
    assert (told["name"], told["status"]) == ("loans 7", "FINISHED")
    assert told["metrics"] == {"rmse": 2.0, "rmse_low": 1.5, "rmse_high": 2.5, "rmse_baseline": 9.0}
    assert (len(told["params"]), len(told["params"]["step__p149"])) == (152, 500)
    assert told["params"]["estimator"] == "linear"
    assert (told["tags"]["twinserve.version"], told["tags"]["twinserve.promoted"]) == ("7", "true")
    assert told["tags"]["mlflow.source.git.commit"] == "abc"
