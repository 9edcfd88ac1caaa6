"""What a reply says of each row beside its prediction."""

from __future__ import annotations

from typing import Final

import msgspec

from twinserve.conformal.coverage import Covered
from twinserve.explain.explained import Explained


class Beside(msgspec.Struct, frozen=True):
    """What is computed beside the predictions of n rows; nothing of it unless it was asked for."""

    explained: Explained | None = None
    covered: Covered | None = None


NOTHING: Final = Beside()
