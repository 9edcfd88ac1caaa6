"""`python -m serve_flask`: the Flask door on gunicorn."""

from __future__ import annotations

import sys

from service import startup
from service.settings import from_command_line

if __name__ == "__main__":
    settings = from_command_line("serve_flask", "Serve the champion through Flask, on gunicorn.")
    startup.prepare(settings)

    from serve_flask.server import serve

    sys.exit(startup.run("serve_flask", lambda: serve(settings)))
