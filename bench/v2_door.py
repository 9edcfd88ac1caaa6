"""A door with one route more, which sends back the bytes that it gets: `python -m bench.v2_door fastapi`.

Settings come from the environment, as those of the door do."""

from __future__ import annotations

import sys

from twinserve.service.process import signals, startup
from twinserve.service.settings import Settings, read_settings

ECHO = "/echo"


def serve_fastapi_door(settings: Settings) -> int:
    """FastAPI's."""
    from fastapi import FastAPI, Request, Response

    from serve_fastapi.app import create_app
    from serve_fastapi.server import run

    def app() -> FastAPI:
        made = create_app()

        async def echo(request: Request) -> Response:
            return Response(await request.body(), media_type="application/octet-stream")

        echo.__annotations__ |= {"request": Request, "return": Response}  # Their names are known only here.
        made.add_api_route(ECHO, echo, methods=["POST"], response_class=Response)
        return made

    vars(run)["create_app"] = app
    return run.serve(settings)


def serve_flask_door(settings: Settings) -> int:
    """Flask's."""
    from flask import Flask, Response, request

    from serve_flask.app import create_app
    from serve_flask.door import DOOR
    from twinserve.wsgi.server.run import serve

    def app() -> Flask:
        made = create_app()
        made.add_url_rule(ECHO, "echo", lambda: Response(request.get_data()), methods=["POST"])
        return made

    return serve(settings, DOOR._replace(create_app=app))


if __name__ == "__main__":
    given = read_settings()
    door = {"fastapi": serve_fastapi_door, "flask": serve_flask_door}[sys.argv[1]]

    def main() -> int:
        """Serve until a signal ends it; returns the exit code."""
        startup.prepare(given)
        return door(given)

    signals.leave(startup.run("bench.v2_door", main))
