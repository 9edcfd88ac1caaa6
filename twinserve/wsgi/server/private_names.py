"""What this room takes from gunicorn beyond its documented interface, in one place.

Any of these names may change with a release: `pyproject.toml` holds gunicorn below the next one, and a test looks each
name up. Another test finds what is missing here, and says what it takes for documented. gunicorn documents its settings
and server hooks, and that `BaseApplication` has `load_config` and `load`; the rest of its classes it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PRIVATE: Final[Mapping[str, tuple[str, ...]]] = {
    "gunicorn.app.base:BaseApplication": ("cfg", "load", "load_config", "run"),
    "gunicorn.arbiter:Arbiter": (
        *("handle_int", "handle_quit", "handle_term", "kill_workers", "manage_workers", "run", "wait_for_signals"),
        *("LISTENERS", "SIG_QUEUE", "WORKER_BOOT_ERROR", "app", "cfg"),
    ),
    "gunicorn.errors:HaltServer": (),
    "gunicorn.glogging:Logger": ("setup", "access_log", "cfg", "error_log"),
    "gunicorn.http.errors:ParseException": (),
    "gunicorn.http.message:Request": (),
    "gunicorn.http.unreader:IterUnreader": (),
    "gunicorn.http.wsgi:Response": ("default_headers", "force_close"),
    "gunicorn.sock:BaseSocket": ("sock",),
    "gunicorn.workers.base:Worker": ("app", "pid"),
    "gunicorn.workers.gthread:PollableMethodQueue": ("defer",),
    "gunicorn.workers.gthread:TConn": ("sock", "client", "close"),
    "gunicorn.workers.gthread:ThreadWorker": (
        *("accept", "finish_request", "handle", "handle_exit", "handle_request", "init_process", "init_signals"),
        *(
            "is_parent_alive",
            "load_wsgi",
            "murder_pending",
            "run",
            "set_accept_enabled",
            "wait_for_and_dispatch_events",
        ),
        *("_accepting", "alive", "cfg", "method_queue", "nr_conns", "poller", "sockets", "tpool", "wsgi"),
    ),
}
"""By `module` or `module:Class`: methods that are called or replaced, and attributes that are read or set."""
