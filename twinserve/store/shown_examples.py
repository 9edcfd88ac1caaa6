"""The examples of a version that its documents show: each is valid and gives no warning."""

from __future__ import annotations

import json
from typing import Final

from twinserve.signature import Signature
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Validator
from twinserve.signature.sample_row import sample_row
from twinserve.store.examples import Example, Examples

MOST_CLASSES: Final = 20
MOST_SAMPLED: Final = 200
"""Fields of a version without stored examples for which an instance is made up, as that takes 1 ms for each."""


def shown_examples(examples: Examples, signature: Signature) -> tuple[Example, ...]:
    """One of the middle first, then one of each class, or of low and high values; where none is stored, a made-up
    one."""
    validator = Validator(signature, out_of_range="reject")
    kept = [example for example in examples.examples if _is_valid(validator, example)]
    middle = [example for example in kept if example.kind == "middle"]
    others = [example for example in kept if example.kind != "middle"][:MOST_CLASSES]
    if middle or others or len(signature.features) > MOST_SAMPLED:
        return (*middle[:1], *others)
    made_up = sample_row(signature)
    return () if made_up is None else (Example(kind="middle", instance=made_up),)


def _is_valid(validator: Validator, example: Example) -> bool:
    try:
        return not validator.validate(json.dumps(example.instance).encode()).is_array
    except InvalidInput:
        return False
