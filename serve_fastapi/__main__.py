"""`python -m serve_fastapi`: the FastAPI door on uvicorn."""

from __future__ import annotations

from twinserve.service.options import from_command_line
from twinserve.service.process import signals, startup

if __name__ == "__main__":
    settings = from_command_line("serve_fastapi", "Serve the champion through FastAPI, on uvicorn.")
    signals.install(lambda *_: signals.leave(0))  # No connection has been accepted yet, so no request is lost.

    def main() -> int:
        """Serve until a signal ends it; returns the exit code."""
        startup.prepare(settings)

        from serve_fastapi.server.run import serve  # Imports NumPy, through the service.

        return serve(settings)

    signals.leave(startup.run("serve_fastapi", main))
