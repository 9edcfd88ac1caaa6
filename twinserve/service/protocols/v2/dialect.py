"""The dialect: its paths, and how those that are only read are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twinserve.own_version import __version__
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.dialect import Asked, Codec, Described, Dialect, Listed, Read, Served
from twinserve.service.protocols.documented import documented
from twinserve.service.protocols.listing import all_models
from twinserve.service.protocols.readiness import ready_version, require_open
from twinserve.service.protocols.sentences import refuse
from twinserve.service.protocols.v2.codec import V2Codec, admit, is_light
from twinserve.service.protocols.v2.document import describe
from twinserve.signature.request.validator import Batch

MODEL: Final = "/v2/models/{name}"
OF_VERSION: Final = f"{MODEL}/versions/{{version}}"
ROUTES: Final = (
    Route("v2_server", "/v2", READ, "read", "Open Inference Protocol: the server", is_general=True),
    Route("v2_server_slash", "/v2/", READ, "read", "Open Inference Protocol: the server", is_general=True),
    Route("v2_live", "/v2/health/live", READ, None, "Open Inference Protocol: liveness", is_probe=True),
    Route("v2_ready", "/v2/health/ready", READ, None, "Open Inference Protocol: readiness", is_probe=True),
    Route("v2_models", "/v2/models", READ, "read", "Open Inference Protocol: the models", is_general=True),
    Route(
        *("v2_index", "/v2/repository/index", ("POST",), "read", "Open Inference Protocol: the state of the models"),
        is_general=True,
    ),
    Route("v2_model", MODEL, READ, "read", "Open Inference Protocol: a model"),
    Route("v2_version", OF_VERSION, READ, "read", "Open Inference Protocol: a version"),
    Route("v2_model_ready", f"{MODEL}/ready", READ, "read", "Open Inference Protocol: is a model ready"),
    Route("v2_version_ready", f"{OF_VERSION}/ready", READ, "read", "Open Inference Protocol: is a version ready"),
    Route("v2_infer", f"{MODEL}/infer", ("POST",), "predict", "Open Inference Protocol: predict", "predict"),
    Route(
        "v2_version_infer", f"{OF_VERSION}/infer", ("POST",), "predict", "Open Inference Protocol: predict", "predict"
    ),
)
SERVER: Final = json_reply({"name": "twinserve", "version": __version__, "extensions": ["binary_tensor_data"]})
LIVE: Final = json_reply({"live": True})


def ready(service: Served, _: Asked) -> Reply:
    """`GET /v2/health/ready`; raises `Problem` (503)."""
    ready_version(service)
    return json_reply({"ready": True})


def models(service: Served, asked: Asked) -> Reply:
    """`GET /v2/models`: the names of those that the caller may ask for."""
    return json_reply({"models": [model.name for model in all_models(service, asked)]})


def index(service: Served, asked: Asked) -> Reply:
    """`POST /v2/repository/index`: each of them, and whether it answers."""
    return json_reply([_state(model) for model in all_models(service, asked)])


def _state(model: Listed) -> Mapping[str, str]:
    """Triton's words for the state of a model; one that is closed is opened when it is asked for."""
    if model.state == "refused":
        return {"name": model.name, "version": "", "state": "UNAVAILABLE", "reason": "Its champion cannot be opened."}
    return {"name": model.name, "version": model.version or "", "state": "READY", "reason": ""}


def metadata(service: Served, asked: Asked) -> Reply:
    """`GET /v2/models/{name}`."""
    return _own(_version(service, asked).codec(V2)).metadata()


def glance(codec: Codec, body: bytes, asked: Asked) -> Batch | None:
    """See `Dialect.glance`."""
    return _own(codec).glance(body, asked)


def _own(codec: Codec) -> V2Codec:
    """The codec of a version for this dialect, as what it is."""
    if not isinstance(codec, V2Codec):
        raise TypeError("A version has one codec for each dialect.")
    return codec


def model_ready(service: Served, asked: Asked) -> Reply:
    """`GET /v2/models/{name}/ready`; raises `Problem` (404, 503)."""
    _version(service, asked)
    require_open(service)
    return json_reply({"name": asked.parameters["name"], "ready": True})


def _version(service: Served, asked: Asked) -> Described:
    """The version that answers for a model; raises `Problem`: 404 where another one is named."""
    version = service.models.current(asked.parameters["name"])
    version.require(asked)
    return version


READS: Final[Mapping[str, Read]] = {
    "v2_server": lambda _service, _asked: SERVER,
    "v2_server_slash": lambda _service, _asked: SERVER,
    "v2_live": lambda _service, _asked: LIVE,
    "v2_ready": ready,
    "v2_models": models,
    "v2_index": index,
    "v2_model": metadata,
    "v2_version": metadata,
    "v2_model_ready": model_ready,
    "v2_version_ready": model_ready,
}
V2: Final = documented(
    Dialect("v2", ROUTES, admit, V2Codec, refuse, READS, is_light=is_light, glance=glance),
    *("Open Inference Protocol", describe),
)
