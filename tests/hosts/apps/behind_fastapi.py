"""A FastAPI app behind a prefix that its server knows (`--root-path`)."""

from fastapi import FastAPI, Request

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> FastAPI:
    app = FastAPI()
    app.include_router(serve_fastapi.router(Service.open(read_settings())), prefix="/ml")

    @app.get("/own")
    async def own(request: Request):
        return {"predictions": request.url_for("predict").path}

    return app
