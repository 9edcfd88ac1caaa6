"""Middleware of FastAPI and Starlette: CORS, compression, and one of the app's own that reads each body first."""

import hashlib

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.middleware.base import BaseHTTPMiddleware

import serve_fastapi
from twinserve.service.service import Service
from twinserve.service.settings import read_settings


class Digest(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next):
        digest = hashlib.sha256(await request.body()).hexdigest()
        response = await call_next(request)
        response.headers["X-Body-Digest"] = digest
        return response


def create_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(Digest)
    app.add_middleware(GZipMiddleware, minimum_size=100)
    app.add_middleware(CORSMiddleware, allow_origins=["https://page.example"], expose_headers=["X-Request-Id"])
    app.include_router(serve_fastapi.router(Service.open(read_settings())), prefix="/ml")

    @app.get("/own")
    async def own():
        return {"app": "mine"}

    return app
