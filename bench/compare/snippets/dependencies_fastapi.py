"""FastAPI: the endpoint says what it needs, and a test replaces it by `dependency_overrides`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI

app = FastAPI()


def model() -> Any:
    raise NotImplementedError


@app.get("/label")
def label(used: Annotated[Any, Depends(model)]) -> dict[str, str]:
    return {"label": used.predict()}
