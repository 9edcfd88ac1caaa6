"""Asks a server with the client that openapi-python-client makes: run by another Python, beside that client."""

from __future__ import annotations

import json
import sys

from client import Client
from client.api.models import model, models, schema
from client.api.operations import ready
from client.api.predictions import predict
from client.models import (
    Answer,
    BatchAnswer,
    Instance,
    InstanceSkin,
    InstanceSkinColour,
    JsonSchema,
    Model,
    ModelList,
    Problem,
    Ready,
)


def main(url: str) -> None:
    client = Client(base_url=url)
    red = Instance(weight=150.5, skin=InstanceSkin(colour=InstanceSkinColour.RED, spots=3.0))
    green = Instance(weight=1000.0, skin=InstanceSkin(colour=InstanceSkinColour.GREEN, spots=None))
    one, many, none = (predict.sync(client=client, body=body) for body in (red, [red, green], []))
    facts, state, described, listed = (ask.sync(client=client) for ask in (model, ready, schema, models))
    assert isinstance(one, Answer)
    assert isinstance(many, BatchAnswer)
    assert isinstance(none, Problem)
    assert isinstance(facts, Model)
    assert isinstance(state, Ready)
    assert isinstance(described, JsonSchema)
    assert isinstance(listed, ModelList)
    assert one.probabilities is not None
    told = {
        "label": one.label.value,
        "probabilities": one.probabilities.to_dict(),
        "labels": [prediction.label.value for prediction in many.predictions],
        "warnings": [warning.pointer for prediction in many.predictions for warning in prediction.warnings],
        "refused": [none.status, none.errors[0].code],
        "model": [facts.name, facts.task.value, facts.training.rows],
        "ready": state.version,
        "schema": described["title"],
        "models": [item.name for item in listed.models],
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
