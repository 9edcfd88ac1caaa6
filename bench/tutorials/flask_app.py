"""The usual tutorial in Flask; it runs under gunicorn, one worker of four threads."""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import pandas as pd
from flask import Flask, Response, jsonify, request
from gunicorn.app.wsgiapp import WSGIApplication

from bench.prepared import read


def create_app(folder: str) -> Flask:
    """The app of one model."""
    pipeline = joblib.load(read(Path(folder)).pipeline)
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Response:
        frame = pd.DataFrame([request.get_json()])
        return jsonify(probabilities=pipeline.predict_proba(frame)[0].tolist())

    return app


if __name__ == "__main__":
    folder, port = sys.argv[1:]
    app = f"{__spec__.name}:create_app({folder!r})"
    options = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--threads", "4", "--no-control-socket"]
    sys.argv = ["gunicorn", *options, app]
    sys.exit(WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run())
