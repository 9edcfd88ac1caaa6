"""FastAPI runs background tasks after the answer, in the same process."""

from __future__ import annotations

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
written: list[str] = []


@app.post("/predict")
def predict(tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(written.append, "benign")
    return {"label": "benign"}
