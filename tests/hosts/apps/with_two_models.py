"""Two models in one FastAPI app: a router of each, with a prefix and a tag of its own."""

from fastapi import FastAPI

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def create_app() -> FastAPI:
    app = FastAPI()
    settings = read_settings()
    for model in ("fruit", "neighbours"):
        service = Service.open(settings.model_copy(update={"model": model}))
        app.include_router(serve_fastapi.router(service), prefix=f"/{model}", tags=[model])

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    return app
