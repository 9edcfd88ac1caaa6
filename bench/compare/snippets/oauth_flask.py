"""Flask has no OAuth of its own; Authlib checks the bearer token."""

from __future__ import annotations

import os
from typing import Any

import jwt
from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator, InvalidTokenError
from flask import Flask
from flask.typing import ResponseReturnValue

app = Flask(__name__)
protected = ResourceProtector()


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string: str) -> dict[str, Any] | None:
        try:
            return jwt.decode(token_string, os.environ["KEY"], ["HS256"], options={"require": ["exp", "sub"]})
        except jwt.InvalidTokenError:
            return None

    def validate_token(self, token: Any, *_: Any, **__: Any) -> None:
        if token is None:
            raise InvalidTokenError


protected.register_token_validator(Validator())


@app.get("/label")
@protected()
def label() -> ResponseReturnValue:
    return {"label": "benign"}
