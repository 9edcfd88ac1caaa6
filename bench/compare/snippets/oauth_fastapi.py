"""FastAPI reads the header and names the scheme in its document; PyJWT checks the token, as in its tutorial."""

from __future__ import annotations

import os
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


def caller(token: Annotated[str, Depends(scheme)]) -> Any:
    try:
        return jwt.decode(token, os.environ["KEY"], ["HS256"], options={"require": ["exp", "sub"]})["sub"]
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"}) from None


@app.get("/label")
def label(_: Annotated[str, Depends(caller)]) -> dict[str, str]:
    return {"label": "benign"}
