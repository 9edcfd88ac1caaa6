"""Reads query parameters, as strictly as a body: each must be known, sent once, and of its type."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from twinserve.service.http.parameters import Parameter, Unfit
from twinserve.service.http.problem import Problem
from twinserve.signature.findings import LONGEST_KEY

LONGEST_KEPT: Final = 100
"""Characters of a query whose values are kept."""
MOST_KEPT: Final = 100
"""Queries that are kept for each path."""
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


def query_reader(parameters: Sequence[Parameter], ignored: Container[str]) -> Callable[[str], Mapping[str, Any]]:
    """`read_query` for these parameters; a short query that comes often is read once, which saves 4 us."""

    def read(query: str) -> Mapping[str, Any]:
        return MappingProxyType(dict(read_query(query, parameters, ignored)))

    kept = lru_cache(maxsize=MOST_KEPT)(read)
    return lambda query: kept(query) if len(query) <= LONGEST_KEPT else read(query)


def invalid_parameters(errors: Sequence[Mapping[str, str]]) -> Problem:
    """400: some query parameters are invalid; each error names its parameter, a code and a sentence."""
    number = f"{len(errors)} error{'s' * (len(errors) != 1)}"
    return Problem("invalid-parameter", f"{number} in the query.", errors=errors)
