"""Writes explanations as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from twinserve.predict.answers import unpredictable
from twinserve.service.http.problem import invalid_input
from twinserve.service.protocols.beside import Explained


def written(explained: Explained, pointers: Sequence[str], *, is_array: bool) -> list[str]:
    """The member `explanation` of each row's object; `pointers` are those of the signature's fields.

    Contributions come in descending magnitude, equal ones in the order of the signature. Raises `Problem` (422) where a
    row's numbers are too large for a double."""
    values = explained.values
    finite = np.isfinite(values.output) & np.isfinite(values.contributions).all(axis=1)
    if not finite.all():
        raise invalid_input(unpredictable(np.flatnonzero(~finite).tolist(), is_array=is_array))
    order = np.argsort(-np.abs(values.contributions), axis=1, kind="stable")
    listed = order if explained.top is None else order[:, : explained.top]
    others = np.take_along_axis(values.contributions, order[:, listed.shape[1] :], axis=1).sum(axis=1).tolist()
    given = np.take_along_axis(values.contributions, listed, axis=1).tolist()
    errors = None if values.errors is None else np.take_along_axis(values.errors, listed, axis=1).tolist()
    base, output = values.base.tolist(), values.output.tolist()
    written: list[str] = []
    for row, fields in enumerate(listed.tolist()):
        head: dict[str, Any] = {"method": explained.method, "of": explained.of}
        if explained.classes is not None:
            head["class"] = explained.classes[row]
        contributions: list[dict[str, Any]] = [
            {"pointer": pointers[field], "contribution": value} for field, value in zip(fields, given[row], strict=True)
        ]
        if errors is not None:
            for item, error in zip(contributions, errors[row], strict=True):
                item["error"] = error
        body = {**head, "base": base[row], "output": output[row], "contributions": contributions, "others": others[row]}
        written.append(f',"explanation":{json.dumps(body, separators=(",", ":"))}')
    return written
