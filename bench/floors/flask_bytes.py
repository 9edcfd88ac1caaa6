"""A Flask view that reads the body, validates it and answers with fixed bytes, under gunicorn as our door runs it."""

from __future__ import annotations

import os
import sys

from flask import Flask, Response, request

from bench.floors.floor import Floor, from_command_line
from serve_flask.door import DOOR
from twinserve.service.process.startup import listen
from twinserve.service.service import Service
from twinserve.service.settings import Settings, read_settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.wsgi.server.run import DoorApplication


class FloorApplication(DoorApplication):
    """The door's own gunicorn: the same worker class, the same threads, another app."""

    def __init__(self, settings: Settings, bind: str, floor: Floor) -> None:
        self._settings_of_door, self._floor = settings, floor
        super().__init__(settings, DOOR, bind)

    def load(self) -> Flask:
        """An app of one view; the worker asks the service for its limits only."""
        app, floor = Flask(__name__, static_folder=None), self._floor
        app.extensions["twinserve"] = Service(self._settings_of_door, Metrics(), None)

        @app.post("/predict")
        def predict() -> Response:
            floor.validator.validate(request.get_data())
            return Response(floor.reply, mimetype="application/json")

        return app


if __name__ == "__main__":
    os.environ["TWINSERVE_PORT"] = sys.argv[2]
    settings = read_settings()
    listener = listen(settings, DOOR.port)  # Open as long as this name is.
    FloorApplication(settings, f"fd://{listener.fileno()}", from_command_line()).run()
