"""This project's FastAPI door in an app: the store says which model."""

from __future__ import annotations

from fastapi import FastAPI

from serve_fastapi import router
from twinserve.service.service import Service
from twinserve.service.settings import read_settings

app = FastAPI()
app.include_router(router(Service.open(read_settings())))
