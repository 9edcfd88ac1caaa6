"""Which bodies are answered inline, in the thread or event loop that took them, and which are handed to others."""

from __future__ import annotations

from typing import Final

from twinserve.predict.compiled import CompiledPredictor
from twinserve.predict.predictor import Predictor

BODY: Final = 64 * 1024
"""Bytes. Reading a smaller body, or reporting its errors, takes at most 3 ms, and so does the prediction of a compiled
model, so both run inline: handing over to a thread and back would take half as long as 25 rows themselves."""
OF_LARGE: Final = 4 * 1024
"""Bytes, of a compiled model that takes up to a millisecond a row, such as a forest of millions of nodes."""
OF_NUMBERS: Final = 512 * 1024
"""Bytes of numbers that need no parsing, for a model that is one dot product: reading and predicting them takes about
0.7 ms, and handing them to a thread and back 0.1."""
NEW_VALUES: Final = 100
"""Those which training never saw that such a body may hold: to warn of each takes up to 7 us."""
MICROSECONDS: Final = 3_000
"""What making words of the texts of a body may take inline."""
EXPLAINED: Final = 4 * 1024
"""Bytes. An explanation takes a few times as long as its prediction."""


def is_product(predictor: Predictor) -> bool:
    """Is the whole model one dot product of numbers?"""
    return isinstance(predictor, CompiledPredictor) and predictor.row is not None and not predictor.microseconds


def quick_body(predictor: Predictor) -> int:
    """Bytes: shorter bodies are answered inline; 0 where none is."""
    if predictor.kind != "compiled":
        return 0
    if not isinstance(predictor, CompiledPredictor):  # A test's own.
        return BODY
    most = OF_LARGE if predictor.is_large else BODY
    return min(most, int(MICROSECONDS / predictor.microseconds)) if predictor.microseconds else most
