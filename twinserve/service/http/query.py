"""Query parameters, checked as strictly as a body: each is known, there once, and of its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from twinserve.service.http.problem import LONGEST_KEY, Problem
from twinserve.service.http.routes import Parameter

MOST_PARAMETERS: Final = 100
"""More than these are refused without a look at each."""


class Unfit(ValueError):
    """A value that a parameter does not take, in the words of the contract; never with the value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_query(query: str, parameters: Sequence[Parameter]) -> Mapping[str, Any]:
    """The values by name, of those that are there; raises `Problem` (400) with everything that is wrong.

    `query` is what stands behind the question mark, percent-encoded as it came.
    """
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Problem("invalid-parameter", f"The query may hold {MOST_PARAMETERS} parameters at most.") from None
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    errors: list[Mapping[str, str]] = []
    for name, text in pairs:
        try:
            if name not in known:
                raise Unfit("unknown", "There is no such parameter.")
            if name in values:
                raise Unfit("repeated", "May be given once.")
            values[name] = None  # So that a second one is a repetition, whatever becomes of the first.
            values[name] = known[name].read(text)
        except Unfit as error:
            errors.append({"parameter": name[:LONGEST_KEY], "code": error.code, "detail": str(error)})
    if errors:
        number = f"{len(errors)} error{'s' * (len(errors) != 1)}"
        raise Problem("invalid-parameter", f"{number} in the query.", errors=errors)
    return values
