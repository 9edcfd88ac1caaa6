"""What this door takes from uvicorn, uvloop, FastAPI and Starlette beyond their documented interface, in one place.

Any of these names may change with a release: `pyproject.toml` holds uvicorn, uvloop and FastAPI below the next one, and
a test looks each name up. Another test finds what is missing here, and says what it takes for documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {
    "fastapi.applications:FastAPI": ("build_middleware_stack", "router", "user_middleware"),
    "fastapi.params": ("Depends",),
    "fastapi.routing:APIRouter": ("add_api_route", "dependency_overrides_provider"),
    "starlette.routing": ("BaseRoute", "Match"),
    "starlette.routing:BaseRoute": ("matches",),
    "starlette.routing:Match": ("FULL", "NONE"),
    "starlette.routing:Router": ("routes",),
    "uvicorn.config": ("STARTUP_FAILURE",),
    "uvicorn.protocols.http.flow_control:FlowControl": ("pause_reading", "resume_reading", "write_paused"),
    "uvicorn.protocols.http.httptools_impl": ("HEADER_RE", "HEADER_VALUE_RE", "STATUS_LINE"),
    "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol": (
        *("_start_asgi_task", "_unset_keepalive_if_required", "on_headers_complete", "on_response_complete"),
        *("shutdown", "timeout_keep_alive_handler"),
        *("access_log", "access_logger", "app", "app_state", "cycle", "expect_100_continue", "flow", "headers"),
        *("logger", "loop", "parser", "scope", "server_state", "transport"),
        *("timeout_keep_alive", "timeout_keep_alive_task"),
    ),
    "uvicorn.protocols.http.httptools_impl:RequestResponseCycle": (
        *("receive", "send"),
        *("access_log", "access_logger", "body", "chunked_encoding", "default_headers", "disconnected"),
        *("expect_100_continue", "expected_content_length", "flow"),
        *("keep_alive", "logger", "message_event", "more_body", "on_response", "response_complete"),
        *("response_started", "scope", "transport", "waiting_for_100_continue"),
    ),
    "uvicorn.server:ServerState": ("default_headers",),
    "uvicorn.supervisors.multiprocess:Multiprocess": (
        *("handle_signals", "init_processes", "join_all", "keep_subprocess_alive", "run", "terminate_all"),
        *("config", "processes", "should_exit", "signal_queue", "sockets"),
    ),
    "uvicorn.supervisors.multiprocess:Process": ("exitcode", "pid", "process"),
    "uvloop:Loop": ("create_server",),
}
"""By `module` or `module:Class`: methods that are called or replaced, attributes that are read or set, arguments."""
