"""FastAPI's own typed endpoint: a Pydantic body in, a Pydantic reply out, and no model in between."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import BaseModel

from bench.floors.floor import from_command_line, reply, run
from bench.recipes import RECIPES


class Prediction(BaseModel):
    """A reply as the contract has it."""

    model: str
    version: str
    label: str
    probabilities: dict[str, float]
    warnings: list[str]


if __name__ == "__main__":
    floor = from_command_line()
    answer = Prediction(**reply(floor.prepared))
    app = FastAPI()

    async def predict(_instance: BaseModel) -> Prediction:
        """Answer."""
        return answer

    predict.__annotations__["_instance"] = RECIPES[floor.prepared.name].input  # Known only now.
    app.post("/predict")(predict)
    run(app, floor.port)
