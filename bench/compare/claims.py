"""What is so of a claim, asked of the installed libraries: `python -m bench.compare.claims NAME`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from packaging.requirements import Requirement

from bench.prepared import ROOT

TREES: Final = (
    "flask", "flask-marshmallow", "flask-inputs", "flask-pydantic", "fastapi", "django", "djangorestframework",
    "django-ninja",
)  # fmt: skip


def asynchronous() -> str:
    """What each does with `async def`."""
    import django.core.handlers.base as django_base
    import flask

    in_flask = "a loop for each call" if hasattr(flask.Flask, "async_to_sync") else "nothing"
    more = any(_plain(need) == "asgiref" for need in importlib.metadata.requires("flask") or ())
    in_django = "in one loop under ASGI" if hasattr(django_base.BaseHandler, "get_response_async") else "nothing"
    return (
        f"an async view: Flask, {in_flask} (one package more: {_word(more)}); FastAPI, in the server's loop; "
        f"Django, {in_django}"
    )


def interfaces() -> str:
    """The interface that each app has."""
    import flask
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application
    from fastapi import FastAPI

    wsgi = list(inspect.signature(flask.Flask.__call__).parameters)[1:] == ["environ", "start_response"]
    asgi = list(inspect.signature(FastAPI.__call__).parameters)[1:] == ["scope", "receive", "send"]
    both = callable(get_asgi_application) and callable(get_wsgi_application)
    names = {"Flask": "WSGI" if wsgi else "?", "FastAPI": "ASGI" if asgi else "?", "Django": "both" if both else "?"}
    return "; ".join(f"{name}: {value}" for name, value in names.items())


def graphql() -> str:
    """Does any of them bring GraphQL?"""
    return f"modules for GraphQL: {_modules('graphql', 'flask', 'fastapi', 'starlette', 'django')}"


def oauth() -> str:
    """What FastAPI brings for OAuth 2.0."""
    import fastapi.security

    names = sorted(name for name in vars(fastapi.security) if name.startswith("OAuth2"))
    decodes = any("jwt" in inspect.getsource(getattr(fastapi.security, name)).lower() for name in names)
    return f"fastapi.security has {len(names)} names for OAuth 2.0; code there that reads a JWT: {_word(decodes)}"


def openapi() -> str:
    """Which of them makes an OpenAPI document."""
    from fastapi import FastAPI

    version = FastAPI().openapi()["openapi"]
    modules = _modules("openapi", "fastapi", "django-ninja", "flask", "django")
    return f"FastAPI writes OpenAPI {version}; modules for it: {modules}"


def json_schema() -> str:
    """What the published schema says of a number, and what the validator takes."""
    from pydantic import create_model
    from pydantic.json_schema import GenerateJsonSchema

    model = create_model("Tumor", radius=(float, ...))
    said = model.model_json_schema()["properties"]["radius"]["type"]
    taken = [text for text in ('"1.5"', "true", '"NaN"') if _takes(model, f'{{"radius": {text}}}')]
    draft = GenerateJsonSchema.schema_dialect.split("/")[-2]
    return f"Pydantic's schema (draft {draft}) of `float` says {said!r}; its validator takes {', '.join(taken)}, too"


def templates() -> str:
    """Which of them brings templates."""
    flask = any(_is(need, "jinja2") for need in importlib.metadata.requires("flask") or ())
    fastapi = any(_is(need, "jinja2") for need in importlib.metadata.requires("fastapi") or ())
    return (
        f"Flask needs Jinja2: {_word(flask)}; FastAPI: {_word(fastapi)}; Django's own: {_word(_has('django.template'))}"
    )


def dependencies() -> str:
    """Which of them injects what an endpoint needs."""
    return f"modules for it: {_modules('dependencies', 'fastapi', 'flask')}"


def development() -> str:
    """What the development servers say of themselves."""
    import werkzeug.serving
    from flask.cli import run_command

    warns = "production" in inspect.getsource(werkzeug.serving)
    threaded = any(option.name == "with_threads" and option.default is True for option in run_command.params)
    needs = [need for need in importlib.metadata.requires("fastapi") or () if _plain(need) == "uvicorn"]
    return (
        f"Flask's server warns against production: {_word(warns)}; `flask run` is threaded: {_word(threaded)}; "
        f"`fastapi` brings a server: {_word(any(map(_holds, needs)))}, "
        f"`fastapi[standard]`: {_word(any('standard' in need for need in needs))}"
    )


def testing() -> str:
    """The test clients."""
    places = ("flask.testing", "fastapi.testclient", "django.test")
    extra = any(_plain(need).startswith("httpx") for need in importlib.metadata.requires("starlette") or ())
    return f"with a test client: {sum(map(_has, places))} of 3; FastAPI's needs one package more: {_word(extra)}"


def extensions() -> str:
    """How many packages come with each, itself included: each is somebody's to keep secure."""
    return ", ".join(f"{name} {len(tree(name))}" for name in TREES)


def tree(name: str) -> set[str]:
    """A package and all that it needs."""
    found, waiting = set[str](), [name]
    while waiting:
        current = _plain(waiting.pop())
        if current not in found:
            found.add(current)
            waiting += [need for need in importlib.metadata.requires(current) or () if _holds(need)]
    return found


def _holds(requirement: str) -> bool:
    """Is this needed on this system, and without an extra?"""
    marker = Requirement(requirement).marker
    return marker is None or marker.evaluate({"extra": ""})


def _takes(model: Any, body: str) -> bool:
    try:
        model.model_validate_json(body)
    except ValueError:
        return False
    return True


def _plain(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0] if name else requirement).lower()


def _is(requirement: str, name: str) -> bool:
    return _plain(requirement) == name and _holds(requirement)


def _modules(word: str, *names: str) -> str:
    """How many modules of each package are named by a word."""
    return ", ".join(f"{name} {sum(word in path for path in _python_files(name))}" for name in names)


def _python_files(name: str) -> list[str]:
    return [str(path) for path in importlib.metadata.files(name) or () if path.suffix == ".py"]


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _word(fact: bool) -> str:  # noqa: FBT001  # The one fact.
    return "yes" if fact else "no"


CHECKS: Final[Mapping[str, Callable[[], str]]] = {
    check.__name__: check
    for check in (
        asynchronous, interfaces, dependencies, json_schema, oauth, openapi, graphql, templates, development,
        extensions, testing,
    )
}  # fmt: skip


def tried(name: str) -> str:
    """What the check of this name says, in a process of its own."""
    command = [sys.executable, "-m", "bench.compare.claims", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


if __name__ == "__main__":
    for name in sys.argv[1:] or CHECKS:
        sys.stdout.write(f"{CHECKS[name]()}\n")
