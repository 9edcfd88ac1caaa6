"""A bare Starlette route that reads the body, validates it and answers with fixed bytes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.floors.floor import from_command_line, run

if __name__ == "__main__":
    floor = from_command_line()

    async def predict(request: Request) -> Response:
        """Read, validate, answer."""
        floor.validator.validate(await request.body())
        return Response(floor.reply, media_type="application/json")

    run(Starlette(routes=[Route("/predict", predict, methods=["POST"])]), floor.port)
