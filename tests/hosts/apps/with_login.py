"""flask-login: who has not signed in reaches nothing but the page to sign in and the health probes."""

from flask import Flask, jsonify, request
from flask_login import LoginManager, UserMixin, current_user, login_user

import serve_flask
from twinserve.service.service import Service
from twinserve.service.settings import read_settings

OPEN = {"own", "sign_in", "twinserve.live", "twinserve.ready"}


class User(UserMixin):
    id = "alice"


def create_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "known to the tests"
    logins = LoginManager(app)
    logins.user_loader(lambda _name: User())
    app.register_blueprint(serve_flask.blueprint(Service.open(read_settings())), url_prefix="/ml")

    @app.before_request
    def require_login():
        if request.endpoint not in OPEN and not current_user.is_authenticated:
            return logins.unauthorized()
        return None

    @app.get("/own")
    def own():
        return jsonify(app="mine")

    @app.post("/sign-in")
    def sign_in():
        login_user(User())
        return jsonify(user=User.id)

    return app
