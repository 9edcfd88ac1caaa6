"""Findings: the errors and warnings about single places of the input, with their codes and sentences.

A sentence names what was declared or what training saw, never the submitted value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from twinserve.notations.patterns import words
from twinserve.signature.signature import Path, Signature, pointer

LONGEST_KEY: Final = 64


@dataclass(frozen=True)
class Finding:
    """One error or warning."""

    path: Path
    """The parts of the JSON Pointer."""
    code: str
    detail: str

    @property
    def pointer(self) -> str:
        """The JSON Pointer. Each of its parts is cut, because a key of any length may have been sent."""
        return pointer([part[:LONGEST_KEY] if isinstance(part, str) else part for part in self.path])


def render(finding: Finding) -> dict[str, str]:
    """A finding as a JSON object."""
    return {"pointer": finding.pointer, "code": finding.code, "detail": finding.detail}


Sentence = Callable[[Mapping[str, Any]], str]


def _always(sentence: str) -> Sentence:
    return lambda _: sentence


DATE: Final = "Must be a date: YYYY-MM-DD, or its midnight as a date and time or as milliseconds since 1970 (UTC)."
DATETIME: Final = (
    "Must be a date and time as in RFC 3339, or milliseconds since 1970; without an offset it is taken as UTC."
)

# By Pydantic's error type: the contract's code and the function that makes its sentence.
EXPLANATIONS: Final[Mapping[str, tuple[str, Sentence]]] = {
    "missing": ("missing", _always("This field is required.")),
    "extra_forbidden": ("unknown", _always("This field is not part of the input.")),
    "spelled_twice": ("duplicate", lambda context: f"This field was sent by another name, too: {context['other']}."),
    "dict_type": ("type", _always("Must be an object.")),
    "tuple_type": ("type", _always("Must be an array.")),
    "float_type": ("type", _always("Must be a number.")),
    "integer": ("type", _always("Must be an integer.")),
    "bool_type": ("type", _always("Must be true or false.")),
    "string_type": ("type", _always("Must be a string.")),
    "finite_number": ("too-large", _always("Must be a number that a finite double can hold.")),
    "date_type": ("type", _always(DATE)),
    "date": ("format", _always(DATE)),
    "datetime_type": ("type", _always(DATETIME)),
    "datetime": ("format", _always(DATETIME)),
    "greater_than_equal": ("bound", lambda context: f"Must be at least {context['ge']:.17g}."),
    "greater_than": ("bound", lambda context: f"Must be greater than {context['gt']:.17g}."),
    "less_than_equal": ("bound", lambda context: f"Must be at most {context['le']:.17g}."),
    "less_than": ("bound", lambda context: f"Must be less than {context['lt']:.17g}."),
    "multiple_of": ("bound", lambda context: f"Must be a multiple of {context['multiple_of']:.17g}."),
    "enumeration": ("enumeration", lambda context: f"Must be one of {context['expected']}."),
    "too_long": ("length", lambda context: f"Must hold {context['max_length']} items."),
    "string_too_short": ("length", lambda context: f"Must hold {context['min_length']} characters at least."),
    "string_too_long": ("length", lambda context: f"Must hold {context['max_length']} characters at most."),
    "string_pattern_mismatch": ("pattern", lambda context: f"Must match {context['pattern']}."),
    "unseen_range": (
        "out-of-range",
        lambda context: f"Outside the range that training saw: {context['range']}.",
    ),
    "unseen_category": ("unseen-category", _always("A category that training never saw.")),
}


def forms_of_tables(signature: Signature) -> Mapping[Path, str]:
    """By path of a feature whose values the table writes in another way than JSON: a sentence that names it."""
    written = ((feature.path, words(feature.notation)) for feature in signature.features if feature.notation)
    return {path: f" Or, as in the table: {form}." for path, form in written if form is not None}


def explain(error: Mapping[str, Any], *, whole: bool = False, form: str = "") -> Finding:
    """The finding for one error of a Pydantic `ValidationError`.

    `whole`: the feature is an integer, which the schema checks as a float and then for its fraction. `form`: a sentence
    that a value of another type or form is told, too."""
    kind = error["type"]
    if error["input"] is None and kind.endswith(("_type", "integer", "date", "datetime", "enumeration")):
        return Finding(error["loc"], "null", "Must not be null.")
    if kind == "float_type" and type(error["input"]) is int:  # An integer too large for a double.
        kind = "finite_number"
    elif kind == "float_type" and whole:
        kind = "integer"
    code, sentence = EXPLANATIONS[kind]
    return Finding(error["loc"], code, sentence(error.get("ctx", {})) + form * (code in ("type", "format")))


def unknown_key(path: Path) -> Finding:
    """The finding for a key that the signature does not have."""
    return explain({"type": "extra_forbidden", "loc": path, "input": ""})


def ignored(path: Path, why: str) -> Finding:
    """The warning about a column that the training table had and training left out."""
    return Finding(path, "ignored", f"Training left this column out, and it is ignored: {why}.")


def unseen_range(path: Path, low: float | str | None, high: float | str | None) -> Finding:
    """The finding for a value outside the range that training saw."""
    return explain({"type": "unseen_range", "loc": path, "input": "", "ctx": {"range": range_text(low, high)}})


def unseen_category(path: Path) -> Finding:
    """The finding for a category that training never saw."""
    return explain({"type": "unseen_category", "loc": path, "input": ""})


def range_text(low: float | str | None, high: float | str | None) -> str:
    """A range as text, from which its bounds can be read back exactly."""
    return f"{low} to {high}"
