"""Sub-apps: one of ours as it is, and one of the host's own that includes our router."""

from contextlib import asynccontextmanager

from fastapi import FastAPI

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> FastAPI:
    service = Service.open(read_settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI):  # That of a mounted app does not run.
        yield
        service.close()

    app = FastAPI(lifespan=lifespan)
    inner = FastAPI()
    inner.include_router(serve_fastapi.router(service), prefix="/ml")
    app.mount("/inner", inner)
    app.mount("/whole", serve_fastapi.create_app(service))

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    return app
