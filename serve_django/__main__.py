"""`python -m serve_django`: the Django door on gunicorn."""

from __future__ import annotations

from twinserve.service.options import from_command_line
from twinserve.service.process import signals, startup

if __name__ == "__main__":
    settings = from_command_line("serve_django", "Serve the champion through Django, on gunicorn.")
    signals.install(lambda *_: signals.leave(0))  # No connection has been accepted yet, so no request is lost.

    def main() -> int:
        """Serve until a signal ends it; returns the exit code."""
        startup.prepare(settings)

        from serve_django.door import DOOR
        from twinserve.wsgi.server.run import serve

        return serve(settings, DOOR)

    signals.leave(startup.run("serve_django", main))
