"""Predictions inside a FastAPI app of your own: `uvicorn --factory examples.fastapi_app:create_app`, POST /ml/predict.

The contract's paths below /ml are the service's, wrong methods and their errors included. All else stays yours.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from serve_fastapi import router
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> FastAPI:
    """The host app."""
    app = FastAPI()
    app.include_router(router(Service.open(read_settings())), prefix="/ml")

    @app.get("/")
    def home() -> dict[str, str]:
        return {"app": "mine", "predictions": "/ml/"}

    @app.exception_handler(404)
    async def not_found(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"mine": "nothing here"}, 404)

    return app
