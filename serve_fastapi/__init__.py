"""The FastAPI door. `router(service)` is the part for an app of your own."""

from serve_fastapi.app import create_app
from serve_fastapi.routes import router

__all__ = ["create_app", "router"]
