"""Run each snippet and check that it does what it is for."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import django
import jwt
from django.conf import settings
from django.test import Client, override_settings
from fastapi.testclient import TestClient

from bench.compare.snippets.topics import FRAMEWORKS

KEY: Final = "a-key-of-thirty-two-characters-00"
MODEL: Final = SimpleNamespace(predict=lambda: "benign")
FOLDER: Final = "bench.compare.snippets"
SCHEMA: Final = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
"""The setting of `openapi_django.py`, which has to be there before its views."""
Ask = Callable[..., tuple[int, Any]]


class Failed(Exception):
    """A snippet does not do what it is for."""


def holds(fact: bool, sentence: str) -> None:  # noqa: FBT001  # The one fact.
    """Raise `Failed` unless it does."""
    if not fact:
        raise Failed(sentence)


def asking(framework: str, module: Any) -> Ask:
    """How to ask the app of a snippet: method, path, headers; the status and the JSON of the answer."""

    def ask(method: str, path: str, headers: Mapping[str, str] | None = None, sent: Any = None) -> tuple[int, Any]:
        if framework == "flask":
            answer = module.app.test_client().open(path, method=method, headers=headers, json=sent)
            return answer.status_code, answer.json
        if framework == "fastapi":
            answer = TestClient(module.app).request(method, path, headers=headers, json=sent)
            return answer.status_code, answer.json()
        with override_settings(ROOT_URLCONF=module):
            answer = Client().generic(method, path, b"{}", "application/json", headers=headers)
            return answer.status_code, answer.json()

    return ask


def dependencies(framework: str, module: Any) -> None:
    """The model that the test gives answers."""
    if framework == "flask":
        module = SimpleNamespace(app=module.create_app(MODEL))
    elif framework == "fastapi":
        module.app.dependency_overrides[module.model] = lambda: MODEL
    else:
        module = _paths(module.urls(MODEL))
    holds(asking(framework, module)("GET", "/label") == (200, {"label": "benign"}), "It does not give the label.")


def openapi(framework: str, module: Any) -> None:
    """The document names the path and the field."""
    status, document = asking(framework, module)("GET", "/openapi.json")
    holds(status == 200 and "/predict" in document["paths"], "It has no document with the path.")
    holds("radius" in str(document["components"]["schemas"]), "The document does not name the field.")


def oauth(framework: str, module: Any) -> None:
    """No token and a forged one are 401; a good one is 200."""
    os.environ["KEY"] = KEY
    ask = asking(framework, module)
    claims = {"sub": "alice", "exp": time.time() + 60}
    holds(ask("GET", "/label")[0] == 401, "It answers without a token.")
    for key, status in ((KEY[::-1], 401), (KEY, 200)):
        token = jwt.encode(claims, key, "HS256")
        given = ask("GET", "/label", {"Authorization": f"Bearer {token}"})[0]
        holds(given == status, f"It answers {given} and not {status}.")


def testing(framework: str, module: Any) -> None:
    """The test passes with an app that is right."""
    if framework == "django":
        with override_settings(ROOT_URLCONF=_paths(_echoing())):
            module.test_predict()
    else:
        module.test_predict(_echo(framework))


def background(framework: str, module: Any) -> None:
    """What is left for later is done."""
    holds(asking(framework, module)("POST", "/predict")[0] == 200, "It does not answer.")
    until = time.monotonic() + 10
    while not module.written and time.monotonic() < until:
        time.sleep(0.01)
    holds(module.written == ["benign"], "The work was not done.")


def _paths(patterns: list[Any]) -> ModuleType:
    """A module with these paths, as Django takes them."""
    paths = ModuleType("paths")
    paths.__dict__["urlpatterns"] = patterns
    return paths


def _echo(framework: str) -> Any:
    if framework == "flask":
        from flask import Flask, request

        flask_app = Flask(__name__)
        flask_app.post("/predict")(lambda: request.get_json())
        return flask_app
    return importlib.import_module(f"{FOLDER}.openapi_fastapi").app


def _echoing() -> list[Any]:
    import json

    from django.http import JsonResponse
    from django.urls import path

    return [path("predict", lambda request: JsonResponse(json.loads(request.body)))]


CHECKS: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "dependencies": dependencies,
    "openapi": openapi,
    "oauth": oauth,
    "testing": testing,
    "background": background,
}


def main() -> int:
    """Check all of them; the exit code is 1 if one fails."""
    apps = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
    settings.configure(ALLOWED_HOSTS=["*"], INSTALLED_APPS=apps, SECRET_KEY=KEY, REST_FRAMEWORK=SCHEMA)
    django.setup()
    failed = 0
    for topic, check in CHECKS.items():
        for framework in FRAMEWORKS:
            try:
                check(framework, importlib.import_module(f"{FOLDER}.{topic}_{framework}"))
                sys.stdout.write(f"{topic}_{framework}: runs\n")
            except Failed as error:
                failed += 1
                sys.stdout.write(f"{topic}_{framework}: {error}\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
