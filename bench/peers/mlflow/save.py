"""Runs in MLflow's environment: PIPELINE FACTS FOLDER; saves a model as its documentation has it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature

if __name__ == "__main__":
    pipeline = joblib.load(sys.argv[1])
    facts = json.loads(Path(sys.argv[2]).read_text())
    frame = pd.DataFrame(facts["batch"]["table"], columns=facts["columns"])
    for name, kind in zip(facts["columns"], facts["types"], strict=True):
        if kind != "category":
            frame[name] = frame[name].astype("float64")
    mlflow.sklearn.save_model(
        pipeline,
        sys.argv[3],
        signature=infer_signature(frame, pipeline.predict_proba(frame)),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )
