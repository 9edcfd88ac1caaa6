"""Reads query parameters, as strictly as a body: each must be known, sent once, and of its type."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from twinserve.service.http.parameters import Parameter, Unfit
from twinserve.service.http.problem import Problem
from twinserve.signature.findings import LONGEST_KEY

MOST_PARAMETERS: Final = 100
"""Maximum number of parameters; a query with more is refused as a whole."""


def read_query(query: str, parameters: Sequence[Parameter], ignored: Container[str] = ()) -> Mapping[str, Any]:
    """The values of the parameters that were sent, by name; raises `Problem` (400), which lists every error.

    `query` is what follows the question mark, still percent-encoded; `ignored` are parameters of others, such as a
    gateway's.
    """
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Problem("invalid-parameter", f"The query must not have more than {MOST_PARAMETERS} parameters.") from None
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    errors: list[Mapping[str, str]] = []
    for name, text in pairs:
        if name in ignored:
            continue
        try:
            if name not in known:
                raise Unfit("unknown", "Unknown parameter.")
            if name in values:
                raise Unfit("repeated", "Must not be repeated.")
            values[name] = None  # A second one is then a repetition, even if the first is invalid.
            values[name] = known[name].read(text)
        except Unfit as error:
            errors.append({"parameter": name[:LONGEST_KEY], "code": error.code, "detail": str(error)})
    if errors:
        raise invalid_parameters(errors)
    return values


def invalid_parameters(errors: Sequence[Mapping[str, str]]) -> Problem:
    """400: some query parameters are invalid; each error names its parameter, a code and a sentence."""
    number = f"{len(errors)} error{'s' * (len(errors) != 1)}"
    return Problem("invalid-parameter", f"{number} in the query.", errors=errors)
