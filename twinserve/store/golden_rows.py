"""Golden rows: requests stored with a model, and the replies that it gave in training.

Replaying them shows that a version with correct files also predicts correctly in this process, on this machine.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from twinserve import bounds
from twinserve.errors import ArtifactRefused, CannotTrain
from twinserve.predict.answers import ask
from twinserve.predict.predictor import TOLERANCE, Predictor
from twinserve.predict.targets.target import Target
from twinserve.signature import Columns, Signature
from twinserve.signature.request.valid_instances import valid_instances
from twinserve.signature.request.validator import Validator
from twinserve.store import store_file
from twinserve.store.deadline import Deadline

NAME: Final = "golden.json"

Golden = Sequence[Mapping[str, Any]]
GOLDEN: Final = TypeAdapter(list[dict[str, Any]])


def make(predictor: Predictor, columns: Columns, signature: Signature, target: Target) -> Golden:
    """The requests and replies for these rows, without those that the signature refuses.

    The reply is None for a row to which the model has no answer; it must have none later either."""
    return [
        {"request": request, "reply": _reply(predictor, batch.columns, target)}
        for request, batch in valid_instances(columns, signature)
    ]


def write(golden: Golden) -> bytes:
    """The content of the file: all pairs, or as often as that is too large, every second one of those left.

    Raises `CannotTrain` if every pair is too large by itself.
    """
    narrow = [pair for pair in golden if _fits(_written([pair]))]
    if golden and not narrow:
        raise CannotTrain(
            f"No row can be stored with the model: each takes more than the {bounds.FILES[NAME]} bytes or "
            f"{bounds.PARTS[NAME]} parts that {NAME} may have; give the model fewer columns or shorter texts."
        )
    while not _fits(content := _written(narrow)):
        narrow = narrow[::2]
    return content


def _written(golden: Golden) -> bytes:
    return json.dumps(golden, indent=1).encode()


def _fits(content: bytes) -> bool:
    return len(content) <= bounds.FILES[NAME] and store_file.parts(content) <= bounds.PARTS[NAME]


def replay(
    golden: Golden,
    predictor: Predictor,
    signature: Signature,
    target: Target,
    deadline: Deadline | None = None,
) -> None:
    """Raise `ArtifactRefused` unless the predictor still gives every stored reply; predicts one row at a time."""
    validator = Validator(signature)
    for index, pair in enumerate(golden):
        if deadline is not None:
            deadline.check()
        time.sleep(0)  # Let the requests of a running server go first.
        columns = validator.validate(json.dumps(pair["request"]).encode()).columns
        if not _close(_reply(predictor, columns, target), pair["reply"]):
            raise ArtifactRefused(
                f"Golden row {index} is predicted differently than when the model was made; train it again here."
            )


def _reply(predictor: Predictor, row: Columns, target: Target) -> Mapping[str, Any] | None:
    """The reply to a row without its warnings; None if there is no answer."""
    predictions = ask(predictor, row).predictions
    return None if predictions is None else target.describe(predictions)[0]


def _close(actual: Any, expected: Any) -> bool:
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(_close(actual[key], expected[key]) for key in actual)
    if isinstance(actual, float) and isinstance(expected, (int, float)):
        # Another CPU may round the last bits differently.
        return math.isclose(actual, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(actual == expected)
