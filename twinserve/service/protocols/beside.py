"""What a reply says of each row beside its prediction."""

from __future__ import annotations

from typing import Final

import msgspec

from twinserve.conformal.coverage import Covered
from twinserve.explain.explained import Explained
from twinserve.predict.answers import unpredictable
from twinserve.service.http.problem import invalid_input


class Beside(msgspec.Struct, frozen=True):
    """What is computed beside the predictions of n rows; nothing of it unless it was asked for."""

    explained: Explained | None = None
    covered: Covered | None = None


def require_explained(explained: Explained, *, is_array: bool) -> None:
    """Raise `Problem` (422) where a row has no explanation."""
    if len(rows := explained.unexplained):
        raise invalid_input(unpredictable(rows.tolist(), is_array=is_array))


NOTHING: Final = Beside()
