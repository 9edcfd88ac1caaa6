"""Django has no OAuth of its own; Django Ninja reads the header, and the token is checked with PyJWT."""

from __future__ import annotations

import os
from typing import Any

import jwt
from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.security import HttpBearer


class Bearer(HttpBearer):
    def authenticate(self, _request: HttpRequest, token: str) -> Any:
        try:
            return jwt.decode(token, os.environ["KEY"], ["HS256"], options={"require": ["exp", "sub"]})["sub"]
        except jwt.InvalidTokenError:
            return None


api = NinjaAPI(auth=Bearer(), urls_namespace="oauth")


@api.get("/label")
def label(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001  # Ninja gives it to every view.
    return {"label": "benign"}


urlpatterns = [path("", api.urls)]
