"""A prediction in a FastAPI path operation of your own: `uvicorn --factory examples.own_fastapi_operation:create_app`.

POST /triage: the path, the form of the answer and the errors are the app's; the model is the champion of the store,
without HTTP. A test replaces it by `dependency_overrides[model]`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from twinserve import InvalidInput, Model, open_model


@lru_cache(maxsize=1)
def model() -> Model:
    """The model, opened at the first request; threads share it."""
    return open_model()


def create_app() -> FastAPI:
    """The app."""
    app = FastAPI()

    @app.post("/triage")
    def triage(instance: Annotated[dict[str, Any], Body()], used: Annotated[Model, Depends(model)]) -> dict[str, Any]:
        answer = used.predict(instance)
        return {"urgent": answer["probabilities"]["malignant"] > 0.1, "version": answer["version"]}

    @app.exception_handler(InvalidInput)
    async def invalid(_request: Request, error: InvalidInput) -> JSONResponse:
        return JSONResponse({"errors": error.errors}, 422)

    return app
