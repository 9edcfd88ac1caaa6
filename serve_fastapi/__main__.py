"""`python -m serve_fastapi`: the FastAPI door on uvicorn."""

from __future__ import annotations

import sys

from service import startup
from service.settings import from_command_line

if __name__ == "__main__":
    settings = from_command_line("serve_fastapi", "Serve the champion through FastAPI, on uvicorn.")
    startup.prepare(settings)

    from serve_fastapi.server import serve  # Imports NumPy, by way of the service.

    sys.exit(startup.run("serve_fastapi", lambda: serve(settings)))
