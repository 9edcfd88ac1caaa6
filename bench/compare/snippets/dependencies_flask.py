"""Flask has no injection of its own: the app factory takes what a view needs, and a test gives another one."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask.typing import ResponseReturnValue


def create_app(model: Any) -> Flask:
    app = Flask(__name__)
    app.extensions["model"] = model

    @app.get("/label")
    def label() -> ResponseReturnValue:
        return {"label": current_app.extensions["model"].predict()}

    return app
