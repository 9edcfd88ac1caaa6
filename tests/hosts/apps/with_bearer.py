"""FastAPI's HTTPBearer: a token for every path of the router."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


def require(given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    if given.credentials != "secret":
        raise HTTPException(403, "mine: not you")


def create_app() -> FastAPI:
    app = FastAPI()
    predictions = serve_fastapi.router(Service.open(read_settings()))
    app.include_router(predictions, prefix="/ml", dependencies=[Depends(require)])

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    return app
