"""The usual tutorial in FastAPI, whatever the model: the Pydantic class is made from the table's columns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import joblib
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field, create_model

from bench.prepared import read

TYPES: Final[dict[str, Any]] = {"number": float | None, "integer": int | None, "boolean": bool, "category": str | None}

if __name__ == "__main__":
    prepared = read(Path(sys.argv[1]))
    pipeline = joblib.load(prepared.pipeline)
    fields: dict[str, Any] = {
        name.replace(".", "_"): (TYPES[kind], Field(alias=name))
        for name, kind in zip(prepared.columns, prepared.types, strict=True)
    }
    app = FastAPI()

    def predict(row: BaseModel) -> dict[str, list[float]]:
        """Predict with a DataFrame of one row."""
        frame = pd.DataFrame([row.model_dump(by_alias=True)])
        return {"probabilities": pipeline.predict_proba(frame)[0].tolist()}

    predict.__annotations__["row"] = create_model("Row", **fields)
    app.post("/predict")(predict)
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
