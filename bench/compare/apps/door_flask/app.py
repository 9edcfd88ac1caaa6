"""This project's Flask door in an app: the store says which model."""

from __future__ import annotations

from flask import Flask

from serve_flask import blueprint
from twinserve.service.service import Service
from twinserve.service.settings import read_settings

app = Flask(__name__)
app.register_blueprint(blueprint(Service.open(read_settings())))
