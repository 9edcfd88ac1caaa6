"""A real nginx in front of a server, below a prefix."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.ports import free_port
from harness.running import DEADLINE, Running, is_open, launch, wait_for
from tests.hosts.hosting import Host

NGINX: Final = shutil.which("nginx")
PREFIX: Final = "/team/models"


@contextmanager
def behind_a_prefix(port: int, folder: Path, *, strips: bool = True) -> Iterator[Host]:
    """nginx, whose `/team/models/x` is the server's `/x`, or the same path if it does not strip the prefix."""
    own = free_port()
    folder.mkdir()
    paths = "".join(f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""  # Else its workers, as nobody, can keep no body in this folder.
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid nginx.pid; error_log error.log; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:{own};\n"
        f"location {PREFIX}/ {{ proxy_pass http://127.0.0.1:{port}{'/' * strips}; proxy_http_version 1.1;\n"
        f"proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Prefix {PREFIX}; }} }} }}\n"
    )
    log = folder / "error.log"
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(log)]
    process = launch(command, folder, os.environ, log)
    try:
        wait_for(process, lambda: is_open(own))
        yield Host(Running(process, own, log))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)
