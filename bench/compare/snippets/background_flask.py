"""Flask has no background work of its own: a pool of threads, here; Celery or RQ where it must outlive the process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask.typing import ResponseReturnValue

app = Flask(__name__)
pool = ThreadPoolExecutor(1)
written: list[str] = []


@app.post("/predict")
def predict() -> ResponseReturnValue:
    pool.submit(written.append, "benign")
    return {"label": "benign"}
