"""Rows as the instances that callers could send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from twinserve.signature.columns import Columns
from twinserve.signature.instances import each_instance
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.validator import Batch, Validator
from twinserve.signature.signature import Signature


def valid_instances(columns: Columns, signature: Signature) -> Iterator[tuple[Any, Batch]]:
    """Each row's instance and what it is read as, without those that the signature refuses."""
    validator = Validator(signature)
    for instance in each_instance(columns, signature):
        try:
            yield instance, validator.validate(json.dumps(instance).encode())
        except InvalidInput:
            continue
