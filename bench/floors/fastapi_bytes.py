"""A FastAPI route that reads the body, validates it and answers with fixed bytes."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from bench.floors.floor import from_command_line, run

if __name__ == "__main__":
    floor = from_command_line()
    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        """Read, validate, answer."""
        floor.validator.validate(await request.body())
        return Response(floor.reply, media_type="application/json")

    run(app, floor.port)
