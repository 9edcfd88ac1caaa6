"""MLflow's scoring server: `POST /invocations` with JSON in four forms, CSV or Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from twinserve.bulk.forms import has_pyarrow
from twinserve.own_version import __version__
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.http.accept import preferred
from twinserve.service.http.body import require_plain
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.dialect import Asked, Dialect, Read, Served
from twinserve.service.protocols.documented import documented
from twinserve.service.protocols.instances.answers import Answers
from twinserve.service.protocols.instances.document import describe_invocations
from twinserve.service.protocols.instances.rows import Rows
from twinserve.service.protocols.instances.tables import CSV, PARQUET, Tables
from twinserve.service.protocols.instances.v1 import LIGHT, wants_details
from twinserve.service.protocols.json_bodies import bad, read_json
from twinserve.service.protocols.readiness import ready_version
from twinserve.service.protocols.sentences import sentence
from twinserve.service.settings import Settings
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

JSON: Final = "application/json"
ROUTES: Final = (
    Route("mlflow_ping", "/ping", READ, None, "MLflow: readiness", is_probe=True),
    Route("mlflow_health", "/health", READ, None, "MLflow: readiness, by another name", is_probe=True),
    Route("mlflow_version", "/version", READ, None, "MLflow: the version of the server"),
    Route("mlflow_invocations", "/invocations", ("POST",), "predict", "MLflow: predict", "predict"),
)
FORMS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
BLANK: Final = Reply(HTTPStatus.OK, b"\n")


class InvocationsCodec:
    """`/invocations` for one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._rows, self._tables = Rows(artifact, settings), Tables(artifact.signature)
        self._answers, self._settings = Answers(artifact, version), settings

    def read(self, body: bytes, asked: Asked) -> Batch:
        """See `Codec`."""
        media_type = media_type_of(asked.header)
        if media_type != JSON:
            return self._rows.read(self._tables.read(body, media_type, self._settings.max_batch), "")
        found = self._rows.enveloped(body, FORMS, ("params",))
        if found is not None:
            return found.batch._replace(asks=asked._replace(form=wants_details(found.others.get("params"))))
        envelope = read_json(body, self._settings.max_depth)
        if not isinstance(envelope, dict) or len(given := [name for name in FORMS if name in envelope]) != 1:
            raise bad(f"The body must be an object with one of {', '.join(FORMS)}, and nothing else but params.")
        if envelope.keys() - {*FORMS, "params"}:
            raise bad(f"The body must have no members but {given[0]} and params.")
        details = wants_details(envelope.get("params"))
        return self._frame(given[0], envelope[given[0]])._replace(asks=asked._replace(form=details))

    def _frame(self, form: str, value: Any) -> Batch:
        if form == "dataframe_split":
            if not isinstance(value, dict) or not {"columns", "data"} <= value.keys() <= {"columns", "data", "index"}:
                raise bad("/dataframe_split: Must be an object with columns and data, and index if there is one.")
            return self._rows.split(value["columns"], value["data"], "/dataframe_split")
        if form == "inputs" and isinstance(value, dict):
            return self._rows.columns(value, "/inputs")
        return self._rows.read(value, f"/{form}")

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, _: Beside) -> Reply:
        """See `Codec`."""
        rows = len(batch.columns)
        if not asked.form and preferred(asked.header("accept"), (JSON, CSV)) == CSV:
            values = self._answers.listed(predictions, rows)
            if not any(isinstance(one, dict) for one in values):
                return Reply(HTTPStatus.OK, as_csv(values), f"{CSV}; charset=utf-8")
        return self._answers.reply(predictions, warnings, rows, details=bool(asked.form))


def as_csv(values: list[Any]) -> bytes:
    """A line for each prediction."""
    lines = [
        f'"{value.replace(chr(34), chr(34) * 2)}"' if isinstance(value, str) else json.dumps(value) for value in values
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def media_type_of(header: HeaderLookup) -> str:
    """The type of a body, without its parameters."""
    return (header("content-type") or "").partition(";")[0].strip().lower()


def is_light(body: bytes, asked: Asked) -> bool:
    """Is this body as quick to answer as one of ours? Not a table: the first Parquet loads pyarrow."""
    return len(body) <= LIGHT and media_type_of(asked.header) == JSON


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) for a body of another type, in another charset, or compressed."""
    given = header("content-type") or ""
    types = (JSON, CSV, PARQUET) if has_pyarrow() else (JSON, CSV)
    if media_type_of(header) not in types:
        raise Problem("unsupported-media-type", f"Content-Type must be {', '.join(types[:-1])} or {types[-1]}.")
    charset = given.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem("unsupported-media-type", "The body must be in UTF-8.")
    require_plain(header("content-encoding"))


def refuse(problem: Problem, _request_id: str) -> Reply:
    """A refusal with MLflow's keys and our sentence. What does not fit the model is 400, as it is there."""
    is_schema = problem.kind == "invalid-input"
    status = HTTPStatus.BAD_REQUEST if is_schema else problem.status
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    body = {
        "error_code": CODES.get(problem.kind, "INTERNAL_ERROR" if is_ours else "BAD_REQUEST"),
        "message": sentence(problem),
        "sqlstate": "KAM01" if is_schema else "KAM00",
        "error_class": "SCHEMA_ENFORCEMENT_FAILED" if is_schema else "INVALID_PARAMETER_VALUE",
    }
    return Reply(status, json.dumps(body, separators=(",", ":")).encode(), headers=problem.headers)


CODES: Final[Mapping[str, str]] = {
    "invalid-input": "INVALID_PARAMETER_VALUE",
    "unauthorized": "UNAUTHENTICATED",
    "forbidden": "PERMISSION_DENIED",
    "not-found": "ENDPOINT_NOT_FOUND",
    "too-many-requests": "REQUEST_LIMIT_EXCEEDED",
    "unavailable": "TEMPORARILY_UNAVAILABLE",
}
"""MLflow's code of a kind of problem, where that is not BAD_REQUEST or INTERNAL_ERROR."""


def ready(service: Served, _: Asked) -> Reply:
    """`GET /ping`; raises `Problem` (503)."""
    ready_version(service)
    return BLANK


READS: Final[Mapping[str, Read]] = {
    "mlflow_ping": ready,
    "mlflow_health": ready,
    "mlflow_version": lambda _service, _asked: Reply(HTTPStatus.OK, __version__.encode()),
}
UNDOCUMENTED: Final = Dialect("mlflow", ROUTES, admit, InvocationsCodec, refuse, READS, is_light=is_light)
MLFLOW: Final = documented(UNDOCUMENTED, "MLflow", partial(describe_invocations, "MLflow"))
