"""All settings, read once into one frozen value."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from twinserve import bounds
from twinserve.service.cores import available_cores
from twinserve.service.http.routes import ROUTES, TOKEN, WITHOUT_PAGES, Route
from twinserve.service.model_settings import Count, ModelSettings, Seconds
from twinserve.service.protocol_names import ALL, DIALECTS
from twinserve.service.settings_together import PREFIX, wrong_together
from twinserve.service.unknown_settings import LINK_VALUE, mistake

ENV_FILE: Final = ".env"
ENV_ENCODING: Final = "utf-8-sig"
"""Some editors put a byte order mark in front, which would be part of the first variable's name."""

ALGORITHM: Final = "(RS|PS|ES)(256|384|512)|Ed25519"
"""Algorithms whose signatures are checked with a public key. HMAC is left out: a key that an issuer publishes
could then sign tokens."""
PUBLIC: Final = {
    "docs": frozenset({"docs", "openapi", "bulk_openapi", "schema", *(f"{name}_openapi" for name in DIALECTS)}),
    "metrics": frozenset({"metrics", "live_page"}),
}


class BadSetting(Exception):
    """A setting is unknown or has an invalid value; the text is one sentence."""


class Settings(ModelSettings):
    """How a server runs. Each field can be set by the variable `TWINSERVE_<FIELD>`, a line of `.env`, or an option."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding=ENV_ENCODING,
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None, description="Port to listen on; FastAPI's default is 8000, Flask's 8001 and Django's 8002."
    )
    workers: Count = Field(1, description="Worker processes; one per core that you want to give to the service.")
    threads: Count | None = Field(
        None, description="Threads for predictions in each worker; by default the cores divided by the workers."
    )
    max_body: Count = Field(
        8 * 1024 * 1024, description="Maximum size of a request body, in bytes; above it the answer is 413."
    )
    max_bulk: Count = Field(
        1024 * 1024 * 1024,
        description="Maximum size of the body of a request in bulk, in bytes, unpacked; above it the answer is 413.",
    )
    max_bulk_requests: Count = Field(
        16,
        description="Maximum number of requests in bulk under way in each worker, at most half of MAX_QUEUE; above it "
        "the answer is 503.",
    )
    max_buffered: Count = Field(
        128 * 1024 * 1024,
        description="Maximum number of bytes that each worker holds of all requests that are still arriving (always "
        "enough for one body); above it the answer is 503.",
    )
    max_head: Count = Field(
        64 * 1024, description="Maximum size of a request line and its headers, in bytes; above it the answer is 431."
    )
    max_batch: Count = Field(
        10_000, description="Maximum number of instances in one request; above it the answer is 422."
    )
    max_explain: Count = Field(
        1_000, description="Maximum number of instances in one request to /explain; above it the answer is 422."
    )
    explain_memory: Count = Field(
        bounds.EXPLAIN_MEMORY,
        description="Bytes that a worker keeps for the explanations of each open model with trees; without enough they "
        "are slower, not different.",
    )
    ignore_parameters: str = Field(
        "", description="Query parameters that a gateway adds, separated by commas; they are ignored."
    )
    max_depth: Annotated[int, Field(ge=1, le=190)] = Field(
        100, description="Maximum depth of nested arrays and objects in a body; above it the answer is 422."
    )
    max_queue: Count = Field(
        64,
        description="Maximum number of predictions that run or wait in a worker's pool; above it the answer is 503.",
    )
    receive_timeout: Seconds = Field(
        10.0, description="Seconds within which a request must arrive completely; after that the answer is 408."
    )
    predict_timeout: Seconds = Field(
        30.0, description="Seconds that a prediction may take in the pool; after that the answer is 504."
    )
    send_timeout: Seconds = Field(
        60.0,
        description="Seconds within which a client must have received its answer; after that the connection is closed.",
    )
    batching: bool = Field(
        default=True,
        description="Join requests that wait for a model that is not compiled: one call answers all of them; if that "
        "call never ends, none of them is answered.",
    )
    max_concurrent: Count = Field(
        256, description="Maximum number of prediction requests in flight in each worker; above it the answer is 503."
    )
    rate: Seconds | None = Field(
        None,
        description="Sustained rate per caller and worker, in requests a second; above it the answer is 429.",
    )
    rate_store: str | None = Field(
        None,
        description="URL of a Redis (redis, rediss or unix) in which all workers count a caller's requests together.",
    )
    burst: Count | None = Field(
        None, description="Requests that a caller may make at once; by default RATE, rounded up."
    )
    keep_alive: Seconds = Field(15.0, description="Seconds that an idle connection stays open.")
    drain_delay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Seconds after SIGTERM between turning not ready and closing the listening socket."
    )
    grace: Seconds = Field(
        8.0, description="Seconds that requests in flight get to finish after the listening socket is closed."
    )
    auth: Literal["none", "keys", "oauth"] | None = Field(
        None,
        description="Authentication: none, keys (API keys) or oauth (tokens); default: none, on loopback only.",
    )
    public: Annotated[str, Field(pattern=r"^((docs|metrics)(,(docs|metrics))*)?$")] = Field(
        "",
        description="Open without credentials: docs (page, OpenAPI document and schema), metrics (with /live), or "
        "docs,metrics.",
    )
    keys: Path | None = Field(None, description="File of API keys, or of OAuth clients; see twinserve keys.")
    signing_key: Path | None = Field(None, description="File of the key that signs the tokens issued to those clients.")
    token_seconds: Annotated[int, Field(ge=120, le=3600)] = Field(
        900, description="Seconds that a token issued here is valid."
    )
    issuer: str | None = Field(None, description="URL of an OpenID Connect issuer whose tokens are accepted, too.")
    audience: str = Field("twinserve", description="Audience that a token must name.")
    algorithms: Annotated[str, Field(pattern=rf"^({ALGORITHM})(,({ALGORITHM}))*$")] = Field(
        "RS256,PS256,ES256,Ed25519", description="Signature algorithms accepted from that issuer."
    )
    cors_origins: str = Field(
        "",
        description="Origins whose pages may read the answers, such as https://app.example:8443, separated by commas; "
        "* for any.",
    )
    pages: bool = Field(
        default=True, description="Pages for people at /, /card and /live; without them / is the index for all."
    )
    protocols: str = Field(
        ALL, description="Protocols that are spoken beside our own JSON, separated by commas; empty for none."
    )
    graphql: bool = Field(default=False, description="Answer GraphQL at /graphql (pip install 'twinserve[graphql]').")
    graphql_introspection: bool = Field(
        default=True, description="Answer GraphQL's questions about its schema, which tools ask."
    )
    access_log: bool = Field(default=True, description="One log line for each request.")
    log_format: Literal["json", "console"] | None = Field(
        None, description="Format of log lines; by default console on a terminal and JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The lowest level that is logged."
    )
    otel: bool = Field(
        default=False,
        description="Send one OpenTelemetry span for each request, configured by the standard OTEL_ variables.",
    )

    @field_validator("port", mode="before")
    @classmethod
    def _ignore_service_link(cls, port: object) -> object:
        """Ignore TWINSERVE_PORT=tcp://..., which Kubernetes sets for a service named `twinserve`."""
        return None if isinstance(port, str) and LINK_VALUE.match(port) else port

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (wrong := wrong_together(self)) is not None:
            raise ValueError(wrong)
        return self

    @property
    def routes(self) -> tuple[Route, ...]:
        """The table of routes under these settings."""
        routes = ROUTES if self.pages else WITHOUT_PAGES
        return (*routes, TOKEN) if self.issues_tokens else routes

    @property
    def issues_tokens(self) -> bool:
        """Is there a path that gives tokens to clients?"""
        return self.auth == "oauth" and self.keys is not None

    def is_open(self, route: Route, *, page: bool = False) -> bool:
        """Does this path, or its page, require no credentials?"""
        public = {name for word in self.public.split(",") if word for name in PUBLIC[word]}
        scope = route.page if page else route.scope
        return self.auth in (None, "none") or scope is None or route.name in public

    @cached_property
    def ignored_parameters(self) -> frozenset[str]:
        """The names of the query parameters that are ignored."""
        return frozenset(name.strip() for name in self.ignore_parameters.split(",") if name.strip())

    @property
    def prediction_threads(self) -> int:
        """Threads for predictions in each worker."""
        return self.threads or max(1, available_cores() // self.workers)


def read_settings() -> Settings:
    """The settings from the environment, then from `.env`; raises `BadSetting`, also for an unknown name."""
    try:
        given = {**dotenv_values(ENV_FILE, encoding=ENV_ENCODING), **os.environ}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadSetting(f"The file {ENV_FILE} of the working folder cannot be read ({reason}).") from None
    wrong = mistake(given, PREFIX, Settings.model_fields)
    if wrong is not None:
        raise BadSetting(wrong)
    is_silent = any(name.upper() == f"{PREFIX}PROTOCOLS" and not value for name, value in given.items())
    try:
        return Settings(protocols="") if is_silent else Settings()  # Of all other settings an empty one is none.
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:  # Raised by `_goes_together`, so the sentence is ours.
            raise BadSetting(f"{first['ctx']['error']}.") from None
        field = str(first["loc"][0])
        raise BadSetting(f"{PREFIX}{field.upper()}: {first['msg']}.") from None
