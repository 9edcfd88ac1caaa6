"""A FastAPI app with a page and an error page of its own."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> FastAPI:
    app = FastAPI()
    app.include_router(serve_fastapi.router(Service.open(read_settings())), prefix="/ml")

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    @app.exception_handler(404)
    async def not_found(_request: Request, _error: Exception):
        return JSONResponse({"mine": "nothing here"}, 404)

    return app
