"""The variants: the same endpoint in each framework, and how each is started, for development and for production."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from bench.compare.model import environment
from bench.own import nested
from bench.prepared import Prepared
from bench.subjects import Answer, Launch, Scene, Subject, by_class

APPS: Final = Path(__file__).parent / "apps"
WORKERS: Final = 2
THREADS: Final = 4
DEVELOPMENT, PRODUCTION = "development", "production"
Framework = Literal["Flask", "FastAPI", "Django"]


@dataclass(frozen=True)
class Variant:
    """One way to write the endpoint."""

    name: str
    """The name of its folder."""
    title: str
    framework: Framework
    distributions: Sequence[str]
    """What it is made of, for the list of versions."""
    slow: bool = False
    """Is it measured with the slow models, too? Where a model takes 50 ms, no validation is seen: one of each kind."""

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return APPS / self.name

    @property
    def is_door(self) -> bool:
        """Is it one of this project's doors?"""
        return self.name.startswith("door_")

    @property
    def files(self) -> Sequence[Path]:
        """Its sources."""
        return sorted(path for path in self.folder.rglob("*.py") if path.read_text())

    def subject(self, mode: str) -> Subject:
        """The server of this variant for the bench, which starts and measures it."""
        return Subject(
            name=f"{self.name} {mode}",
            group="twinserve" if self.is_door else "tutorial",
            launch=partial(_launch, self, mode),
            ask=nested,
            read=_read,
            about=" ".join(command(self, mode, "python", 8000)),
            distributions=self.distributions,
            batches=False,
        )


def _launch(variant: Variant, mode: str, scene: Scene) -> Launch:
    given = environment(scene.model.name, scene.model.folder) | {"DEBUG": str(int(mode == DEVELOPMENT))}
    arguments = command(variant, mode, str(scene.python), scene.port)
    return Launch(["env", "-C", str(variant.folder), *arguments], given)


def command(variant: Variant, mode: str, python: str, port: int) -> list[str]:
    """How a variant is started, as its framework's documentation says; reloading is left out, as it answers nothing."""
    if variant.is_door and mode == PRODUCTION:
        return [python, "-m", f"serve_{variant.framework.lower()}", "--port", str(port), "--workers", str(WORKERS)]
    module = "project.wsgi" if variant.framework == "Django" else "app:app"
    uvicorn = [python, "-m", "uvicorn", module, "--port", str(port)]
    gunicorn = [python, "-m", "gunicorn", module, "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    gunicorn += ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS)]
    match variant.framework, mode:
        case "FastAPI", "development":
            return uvicorn
        case "FastAPI", _:
            return [*uvicorn, "--workers", str(WORKERS), "--no-access-log", "--log-level", "warning"]
        case "Flask", "development":
            return [python, "-m", "flask", "--app", "app", "run", "--port", str(port)]
        case "Django", "development":
            return [python, "manage.py", "runserver", "--noreload", str(port)]
        case _:
            return [*gunicorn, "--graceful-timeout", "2"]


def _read(reply: Any, prepared: Prepared) -> Sequence[Answer]:
    return [by_class(prepared, reply["probabilities"])]


FLASK: Final = ("flask", "werkzeug", "gunicorn")
FASTAPI: Final = ("fastapi", "starlette", "pydantic", "uvicorn", "uvloop")
DJANGO: Final = ("django", "gunicorn")
ALL: Final = (
    Variant("flask_plain", "Flask", "Flask", FLASK, slow=True),
    Variant("flask_marshmallow", "Flask + marshmallow", "Flask", (*FLASK, "marshmallow")),
    Variant("flask_ma", "Flask + flask-marshmallow", "Flask", (*FLASK, "marshmallow", "flask-marshmallow")),
    Variant("flask_inputs", "Flask + Flask-Inputs", "Flask", (*FLASK, "flask-inputs", "jsonschema")),
    Variant("flask_pydantic", "Flask + flask-pydantic", "Flask", (*FLASK, "flask-pydantic", "pydantic")),
    Variant("fastapi_def", "FastAPI (def)", "FastAPI", FASTAPI, slow=True),
    Variant("fastapi_async", "FastAPI (async def)", "FastAPI", FASTAPI, slow=True),
    Variant("fastapi_strict", "FastAPI (strict models)", "FastAPI", FASTAPI),
    Variant("django_plain", "Django", "Django", DJANGO, slow=True),
    Variant("django_rest", "Django REST framework", "Django", (*DJANGO, "djangorestframework")),
    Variant("django_ninja", "Django Ninja", "Django", (*DJANGO, "django-ninja", "pydantic")),
    Variant("door_flask", "this project's Flask door", "Flask", (*FLASK, "onnxruntime"), slow=True),
    Variant("door_fastapi", "this project's FastAPI door", "FastAPI", (*FASTAPI, "onnxruntime"), slow=True),
    Variant("door_django", "this project's Django door", "Django", (*DJANGO, "onnxruntime"), slow=True),
)
"""In the order of the tables."""


def present() -> Sequence[Variant]:
    """Those that can run: a door only if this checkout has it."""
    return [variant for variant in ALL if not variant.is_door or _has(f"serve_{variant.framework.lower()}")]


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def named(name: str) -> Variant:
    """The variant of this name."""
    return next(variant for variant in ALL if variant.name == name)
