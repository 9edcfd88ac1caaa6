"""FastAPI's OAuth2PasswordBearer: the app gives out tokens itself and checks their scopes."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings

scheme = OAuth2PasswordBearer("token", scopes={"predict": "ask for predictions"})
SCOPES = {"alice's token": ["predict"], "bob's token": []}


async def require(needed: SecurityScopes, token: Annotated[str, Depends(scheme)]) -> None:
    if token not in SCOPES:
        raise HTTPException(401, "mine: sign in", {"WWW-Authenticate": "Bearer"})
    if not set(needed.scopes) <= set(SCOPES[token]):
        raise HTTPException(403, "mine: not for you")


def create_app() -> FastAPI:
    app = FastAPI()

    @app.post("/token")
    async def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
        return {"access_token": f"{form.username}'s token", "token_type": "bearer"}

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    predictions = serve_fastapi.router(Service.open(read_settings()))
    app.include_router(predictions, prefix="/ml", dependencies=[Security(require, scopes=["predict"])])
    return app
