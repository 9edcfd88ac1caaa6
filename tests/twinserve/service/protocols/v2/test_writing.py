"""The data of outputs, in JSON and in binary."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.tensors import unpacked
from twinserve.predict.targets.target import Coded
from twinserve.service.protocols.v2.writing import as_binary, as_json


@pytest.mark.parametrize("texts", [("no", "so"), ("no", "yes"), ("é", "ee"), ('"', "\\", ""), ("only",), ("\0", "a")])
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_texts_are_written_for_their_codes(texts: tuple[str, ...], rows: int) -> None:
    """Whether all take as many bytes or not."""
    codes = np.arange(rows, dtype=np.int64) % len(texts)
    expected = [texts[code] for code in codes]
    assert json.loads(as_json(Coded(codes, texts))) == expected
    assert unpacked(as_binary(Coded(codes, texts), "BYTES"), "BYTES") == expected
