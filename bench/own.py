"""The servers that run in this project's own environment: the floors, both doors, and the usual tutorial code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.prepared import OUT, ROOT, UNCOMPILED, Prepared, Rows
from bench.subjects import Answer, Launch, Payload, Scene, Subject, by_class, flat, is_single

FASTAPI: Final = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic")
FLASK: Final = ("flask", "werkzeug", "gunicorn", "pydantic")
SKLEARN: Final = ("scikit-learn", "pandas", "numpy")
TWINSERVE: Final = ("onnxruntime", "numpy")


def nested(prepared: Prepared, rows: Rows) -> Payload:
    """The request in the project's contract."""
    return Payload("/predict", rows.instances[0] if is_single(prepared, rows) else rows.instances)


def read_contract(reply: Any, prepared: Prepared) -> Sequence[Answer]:
    """The answers of a reply in the project's contract, one or many."""
    return [by_class(prepared, item["probabilities"]) for item in reply.get("predictions", [reply])]


def first_row(prepared: Prepared, rows: Rows) -> Payload:
    """One flat object, the only request that the tutorials accept."""
    return Payload("/predict", flat(prepared, rows)[0])


def read_tutorial(reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """The one answer of a tutorial: a list of probabilities."""
    return [reply["probabilities"]]


def read_nothing(_reply: Any, _prepared: Prepared) -> Sequence[Answer]:
    """No answers, because a floor sends fixed bytes."""
    return []


def _module(name: str, scene: Scene) -> Launch:
    """How to start a floor or a tutorial: a module that takes the model's folder and the port."""
    command = [str(scene.python), "-m", f"bench.{name}", str(scene.model.folder), str(scene.port)]
    return Launch(command, {"PYTHONPATH": str(ROOT), "BENCH_ARTIFACTS": str(OUT / "artifacts")})


def _door(name: str, suffix: str, scene: Scene, changes: Mapping[str, str]) -> Launch:
    """How to start a door as its users do, with these settings changed."""
    settings = {
        "TWINSERVE_PORT": str(scene.port),
        "TWINSERVE_ARTIFACTS": str(OUT / "artifacts"),
        "TWINSERVE_MODEL": scene.model.name + suffix,
        "TWINSERVE_ACCESS_LOG": "false",
    }
    return Launch([str(scene.python), "-m", f"serve_{name}"], settings | {"PYTHONPATH": str(ROOT), **changes})


def _floor(name: str, module: str, distributions: Sequence[str], about: str, *, batches: bool = True) -> Subject:
    def launch(scene: Scene) -> Launch:
        return _module(f"floors.{module}", scene)

    return Subject(name, "floor", launch, nested, read_nothing, about, distributions=distributions, batches=batches)


def _twinserve(
    framework: str, suffix: str, distributions: Sequence[str], about: str, *, batching: bool = True
) -> Subject:
    def launch(scene: Scene) -> Launch:
        return _door(framework, suffix, scene, {} if batching else {"TWINSERVE_BATCHING": "false"})

    return Subject(
        f"twinserve-{framework}{suffix}{'' if batching else '-unbatched'}",
        "twinserve",
        launch,
        nested,
        read_contract,
        about,
        floor=f"floor-{framework}",
        distributions=(*distributions, *(SKLEARN if suffix else TWINSERVE)),
        models=("forest",) if suffix else None,
    )


def _tutorial(framework: str, distributions: Sequence[str], about: str) -> Subject:
    def launch(scene: Scene) -> Launch:
        return _module(f"tutorials.{framework}_app", scene)

    return Subject(
        f"tutorial-{framework}",
        "tutorial",
        launch,
        first_row,
        read_tutorial,
        about,
        floor=f"floor-{framework}",
        distributions=(*distributions, *SKLEARN),
        batches=False,
    )


OWN: Final = (
    _floor("floor-starlette", "starlette_bytes", FASTAPI, "bare Starlette route: read, validate, fixed bytes; uvicorn"),
    _floor("floor-fastapi", "fastapi_bytes", FASTAPI, "FastAPI route: read, validate, fixed bytes; uvicorn"),
    _floor(
        "floor-fastapi-typed",
        "fastapi_typed",
        FASTAPI,
        "FastAPI's typed endpoint: Pydantic body in, Pydantic reply out, `async def`, no model; uvicorn",
        batches=False,
    ),
    _floor(
        "floor-flask", "flask_bytes", FLASK, "Flask view: read, validate, fixed bytes; gunicorn as our door runs it"
    ),
    _twinserve("fastapi", "", FASTAPI, "`python -m serve_fastapi`"),
    _twinserve("flask", "", FLASK, "`python -m serve_flask`"),
    _twinserve("fastapi", UNCOMPILED, FASTAPI, "`python -m serve_fastapi`, a version without a graph"),
    _twinserve("fastapi", UNCOMPILED, FASTAPI, "the same with `TWINSERVE_BATCHING=false`", batching=False),
    _twinserve("flask", UNCOMPILED, FLASK, "`python -m serve_flask`, a version without a graph"),
    _twinserve("flask", UNCOMPILED, FLASK, "the same with `TWINSERVE_BATCHING=false`", batching=False),
    _tutorial("fastapi", FASTAPI, "Pydantic body, DataFrame of one row, `predict_proba` in a `def` endpoint; uvicorn"),
    _tutorial("flask", FLASK, "`get_json`, DataFrame of one row, `predict_proba`; gunicorn, four threads"),
)
