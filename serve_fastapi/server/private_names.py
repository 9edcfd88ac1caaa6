"""What this folder takes from uvicorn and uvloop beyond their documented interface, in one place.

Any of these names may change with a release: `pyproject.toml` holds both below the next one, and a test looks each name
up. Only what is documented (`uvicorn.Config`, `uvicorn.Server`, the methods of `asyncio.Protocol`) is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {
    "uvicorn.config": ("STARTUP_FAILURE",),
    "uvicorn.protocols.http.httptools_impl": ("HEADER_RE", "HEADER_VALUE_RE", "STATUS_LINE"),
    "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol": (
        *("_start_asgi_task", "_unset_keepalive_if_required", "on_headers_complete", "on_response_complete"),
        *("shutdown", "timeout_keep_alive_handler"),
        *("app_state", "cycle", "expect_100_continue", "flow", "loop", "parser", "scope", "transport"),
        *("timeout_keep_alive", "timeout_keep_alive_task"),
    ),
    "uvicorn.protocols.http.httptools_impl:RequestResponseCycle": (
        *("receive", "send"),
        *("body", "default_headers", "disconnected", "flow", "keep_alive", "message_event", "more_body"),
        *("on_response", "response_complete", "response_started", "scope", "transport", "waiting_for_100_continue"),
    ),
    "uvicorn.supervisors.multiprocess:Multiprocess": (
        *("handle_signals", "init_processes", "join_all", "keep_subprocess_alive", "terminate_all"),
        *("config", "processes", "should_exit", "signal_queue", "sockets"),
    ),
    "uvloop:Loop": ("connect_accepted_socket", "create_server", "create_task"),
}
"""By `module` or `module:Class`: methods that are called or replaced, and attributes that are read or set."""
