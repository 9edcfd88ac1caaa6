"""What each door takes from inside its server and its framework: all of it is listed, and all that is listed is there.

A name need not be listed if it is documented, which shows in one of these ways:

- The package exports it at its top (`uvicorn.Config`, `fastapi.Depends`, `httptools.HttpParserError`).
- It is a name of Flask or Werkzeug without an underscore: their API pages are made from all of these.
- It is a method of `asyncio.Protocol` or an argument of `uvicorn.Config`, each of which is a setting.
- It is an argument with a `Doc`, as FastAPI's documentation shows it, unless that says that it is internal.
- It is listed here under `DOCUMENTED`, as the documentation names it on a page written by hand.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import logging
import queue
import re
import selectors
import threading
import tomllib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from socket import socket
from typing import Final, get_type_hints

import fastapi
import flask
import gunicorn.config
import gunicorn.sock
import httptools
import pytest
import uvicorn
import uvicorn.server
import werkzeug.routing
from django.http.response import ResponseHeaders
from gunicorn.workers import gthread
from starlette.datastructures import MutableHeaders, State
from starlette.routing import Router
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.supervisors import multiprocess

import serve_django.private_names
import serve_fastapi.server.private_names
import serve_flask.private_names
import twinserve.service.process.private_names
import twinserve.service.telemetry.private_names
import twinserve.wsgi.server.private_names
from harness import ROOT
from serve_django.app import set_up
from tests.taken_names import Holder, Reader, Taken, named, package_of, source_of
from twinserve.wsgi.server.run import DoorApplication

PRIVATE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "serve_django": serve_django.private_names.PRIVATE,
    "serve_fastapi": serve_fastapi.server.private_names.PRIVATE,
    "serve_flask": serve_flask.private_names.PRIVATE,
    "twinserve/service/process": twinserve.service.process.private_names.PRIVATE,
    "twinserve/service/telemetry": twinserve.service.telemetry.private_names.PRIVATE,
    "twinserve/wsgi": twinserve.wsgi.server.private_names.PRIVATE,
}
PACKAGES: Final[Mapping[str, frozenset[str]]] = {
    "serve_django": frozenset({"django", "asgiref"}),
    "serve_fastapi": frozenset({"uvicorn", "uvloop", "httptools", "fastapi", "starlette"}),
    "serve_flask": frozenset({"flask", "werkzeug"}),
    "twinserve/service/process": frozenset(),
    "twinserve/service/telemetry": frozenset({"prometheus_client"}),
    "twinserve/wsgi": frozenset({"gunicorn"}),
}
LISTED = [(place, name) for names in PRIVATE.values() for place, listed in names.items() for name in listed]
DOCUMENTED: Final[Mapping[str, tuple[str, ...]]] = {
    "asgiref.sync": ("sync_to_async",),
    "django.conf": ("settings",),
    "django.core.signals": ("got_request_exception", "request_finished", "request_started"),
    "django.db.transaction": ("non_atomic_requests",),
    "django.dispatch": ("Signal",),
    "django.http": ("HttpRequest", "HttpResponse", "StreamingHttpResponse", "UnreadablePostError"),
    "django.http.request:HttpRequest": ("META", "path_info", "scheme"),
    "django.http.response": ("HttpResponseBase",),
    "django.http.response:HttpResponseBase": ("headers", "items"),
    "django.urls": ("path", "re_path"),
    "django.views": ("View",),
    "django.views.decorators.csrf": ("csrf_exempt",),
    "django.views.generic.base:View": ("as_view", "dispatch"),
    "fastapi.applications:FastAPI": ("dependency_overrides", "state"),
    "fastapi.routing": ("APIRoute",),
    "fastapi.security": ("APIKeyHeader", "HTTPBearer", "OpenIdConnect"),
    "gunicorn.config:Config": ("set",),
    "httptools:HttpRequestParser": ("feed_data",),
    "os": ("_exit",),
    "prometheus_client.metrics:Gauge": ("multiprocess_mode",),
    "prometheus_client.metrics:Counter": ("labels", "remove"),
    "prometheus_client.metrics:Histogram": ("buckets",),
    "prometheus_client.metrics:MetricWrapperBase": ("registry",),
    "prometheus_client.multiprocess": ("MultiProcessCollector",),
    "starlette.concurrency": ("run_in_threadpool",),
    "starlette.datastructures:MutableHeaders": ("append",),
    "starlette.requests": ("ClientDisconnect", "Request"),
    "starlette.requests:Request": ("scope", "stream"),
    "starlette.responses": ("Response",),
    "starlette.responses:Response": ("headers",),
    "starlette.types": ("ASGIApp", "Message", "Receive", "Scope", "Send"),
    "uvicorn:Server": ("run",),
}
HOLDS: Final[Mapping[str, Holder]] = {
    "App.url_map": werkzeug.routing.Map,
    "Arbiter.LISTENERS": gunicorn.sock.BaseSocket,
    "Arbiter.SIG_QUEUE": queue.SimpleQueue,
    "Arbiter.app": DoorApplication,
    "Arbiter.cfg": gunicorn.config.Config,
    "BaseApplication.cfg": gunicorn.config.Config,
    "BlueprintSetupState.app": flask.Flask,
    "Flask.view_functions": dict,
    "HttpToolsProtocol.app_state": dict,
    "HttpToolsProtocol.flow": FlowControl,
    "HttpToolsProtocol.loop": asyncio.AbstractEventLoop,
    "HttpToolsProtocol.parser": httptools.HttpRequestParser,
    "HttpToolsProtocol.server_state": uvicorn.server.ServerState,
    "HttpRequest.META": dict,
    "HttpResponseBase.headers": ResponseHeaders,
    "Logger.access_log": logging.Logger,
    "Logger.error_log": logging.Logger,
    "Multiprocess.config": uvicorn.Config,
    "Multiprocess.processes": multiprocess.Process,
    "Multiprocess.should_exit": threading.Event,
    "Multiprocess.signal_queue": list,
    "Multiprocess.sockets": socket,
    "Process.process": BaseProcess,
    "Request.scope": dict,
    "RequestResponseCycle.flow": FlowControl,
    "RequestResponseCycle.message_event": asyncio.Event,
    "RequestResponseCycle.transport": asyncio.Transport,
    "Response.headers": MutableHeaders,
    "Router.routes": list,
    "Rule.rule": str,
    "Signal.receivers": list,
    "Starlette.router": Router,
    "Starlette.state": State,
    "ThreadWorker.method_queue": gthread.PollableMethodQueue,
    "ThreadWorker.poller": selectors.DefaultSelector,
    "ThreadWorker.tpool": ThreadPoolExecutor,
    "Worker.app": DoorApplication,
    "Worker.sockets": socket,
}
"""What the attributes of their classes hold, one or several of them, where ours take something from that in turn."""


@pytest.mark.parametrize(("place", "name"), LISTED, ids=lambda part: str(part))
def test_what_is_listed_is_there(place: str, name: str) -> None:
    """As an attribute, as one that an instance gets when it is made, or as an argument."""
    holder = named(place)
    if not hasattr(holder, name):
        source = "".join(map(source_of, holder.__mro__[:-1]))
        assert re.search(rf"self\.{name}\b", source) or name in inspect.signature(holder).parameters


@pytest.mark.parametrize("room", PRIVATE)
def test_what_is_taken_is_listed(room: str) -> None:
    """And nothing is listed that is not taken."""
    taken = taken_by(room)
    assert taken.unknown == set(), "add to HOLDS what these attributes hold"
    private = {(holder, name) for holder, name in taken.names if not is_documented(holder, name)}
    missing = {(holder, name) for holder, name in private if not is_listed(holder, name, PRIVATE[room])}
    assert missing == set()
    unused = {
        (place, name)
        for place, names in PRIVATE[room].items()
        for name in names
        if not any(taken_name == name and is_listed(holder, name, {place: names}) for holder, taken_name in private)
    }
    assert unused == set()


def taken_by(room: str) -> Taken:
    """What all files of a room take."""
    set_up()  # Django's settings cannot be looked at before.
    taken = Taken()
    for path in sorted((ROOT / room).rglob("*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        reader = Reader(module, PACKAGES[room], HOLDS)
        reader.visit(ast.parse(path.read_text()))
        taken.names |= reader.taken.names
        taken.unknown |= reader.taken.unknown
    return taken


def is_listed(holder: Holder, name: str, places: Mapping[str, Iterable[str]]) -> bool:
    """Is it in one of the lists: under its class or one that this extends, or as a class that has a list of its own?"""
    kinds = [holder] if not isinstance(holder, type) else list(holder.__mro__)
    own = getattr(holder, name, None) if not isinstance(holder, type) else None
    return any(
        (named(place) in kinds and name in names) or (own is not None and named(place) is own)
        for place, names in places.items()
    )


def is_documented(holder: Holder, name: str) -> bool:
    """As the head of this file says."""
    package = importlib.import_module(package_of(holder))
    if is_listed(holder, name, DOCUMENTED):
        return True
    if name.startswith("_"):
        return False
    if package in (flask, werkzeug):
        return True
    if not isinstance(holder, type):
        return getattr(package, name, None) is getattr(holder, name)
    return (
        (issubclass(holder, asyncio.Protocol) and hasattr(asyncio.Protocol, name))
        or (holder is uvicorn.Config and name in inspect.signature(uvicorn.Config).parameters)
        or (package is fastapi and is_described(holder, name))
    )


def is_described(kind: type, argument: str) -> bool:
    """Has the argument a `Doc` that does not call it internal?"""
    annotated = get_type_hints(vars(kind).get("__init__", object), include_extras=True).get(argument)
    texts = [getattr(part, "documentation", "") for part in getattr(annotated, "__metadata__", ())]
    return any(texts) and not any("internally" in text for text in texts)


@pytest.mark.parametrize(
    "package", ["uvicorn", "uvloop", "httptools", "fastapi", "gunicorn", "flask", "django", "prometheus-client"]
)
def test_the_next_release_is_not_taken_unseen(package: str) -> None:
    """An upper bound stands beside the lower one."""
    project = tomllib.loads(Path(ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = (*project["dependencies"], *extras["fastapi"], *extras["flask"], extras["django"][0])
    (wanted,) = [entry for entry in named if entry.startswith(package + ">")]
    assert re.fullmatch(rf"{package}>=[0-9.]+,<[0-9.]+(;.*)?", wanted)
