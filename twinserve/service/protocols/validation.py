"""The validator of instances that the settings ask for, which is the same for all protocols."""

from __future__ import annotations

from twinserve.service.settings import Settings
from twinserve.signature import Signature
from twinserve.signature.request.validator import Validator


def validator_of(signature: Signature, settings: Settings) -> Validator:
    """Made once for a version, or for each protocol that is asked."""
    return Validator(
        signature, max_batch=settings.max_batch, max_depth=settings.max_depth, out_of_range=settings.out_of_range
    )
