"""FastAPI makes the document from the endpoint's types."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Tumors")


class Tumor(BaseModel):
    radius: float


@app.post("/predict")
def predict(tumor: Tumor) -> Tumor:
    return tumor
