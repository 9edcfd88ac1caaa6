"""A prediction in a Flask view of your own: `flask --app examples.own_flask_view run`, POST /triage.

The path, the form of the answer and the errors are the app's; the model is the champion of the store, without HTTP.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from twinserve import InvalidInput, open_model


def create_app(store: str | Path = "artifacts") -> Flask:
    """The app; the model is opened once in each process, and its threads share it."""
    app = Flask(__name__)
    model = open_model(store)

    @app.post("/triage")
    def triage() -> ResponseReturnValue:
        answer = model.predict(request.get_json())
        return jsonify(urgent=answer["probabilities"]["malignant"] > 0.1, version=answer["version"])

    @app.errorhandler(InvalidInput)
    def invalid(error: InvalidInput) -> ResponseReturnValue:
        return jsonify(errors=error.errors), 422

    return app
