"""What is wrong with, or noteworthy about, one place of the input, in our words.

The sentences name what was declared or what training saw, never what was submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from twinserve.signature.signature import Path


@dataclass(frozen=True)
class Finding:
    """One error or warning."""

    path: Path
    """Where: the parts of the JSON Pointer."""
    code: str
    detail: str


Sentence = Callable[[Mapping[str, Any]], str]


def _always(sentence: str) -> Sentence:
    return lambda _: sentence


# Pydantic's error types on the left; the contract's codes and sentences on the right.
EXPLANATIONS: Final[Mapping[str, tuple[str, Sentence]]] = {
    "missing": ("missing", _always("This field is required.")),
    "extra_forbidden": ("unknown", _always("This field is not part of the input.")),
    "dict_type": ("type", _always("Must be an object.")),
    "tuple_type": ("type", _always("Must be an array.")),
    "float_type": ("type", _always("Must be a number.")),
    "integer": ("type", _always("Must be an integer.")),
    "bool_type": ("type", _always("Must be true or false.")),
    "string_type": ("type", _always("Must be a string.")),
    "finite_number": ("too-large", _always("Must be a number that a finite double can hold.")),
    "date": ("format", _always("Must be a date: YYYY-MM-DD.")),
    "datetime": (
        "format",
        _always("Must be a date and time as in RFC 3339; without an offset it is taken as UTC."),
    ),
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


def explain(error: Mapping[str, Any], *, whole: bool = False) -> Finding:
    """The finding behind one line of a Pydantic `ValidationError`; `whole`: it is of an integer, which is a float's
    rule and one more."""
    kind = error["type"]
    if error["input"] is None and kind.endswith(("_type", "integer", "date", "datetime", "enumeration")):
        return Finding(error["loc"], "null", "Must not be null.")
    if kind == "float_type" and type(error["input"]) is int:  # What Pydantic could not turn into a double.
        kind = "finite_number"
    elif kind == "float_type" and whole:
        kind = "integer"
    code, sentence = EXPLANATIONS[kind]
    return Finding(error["loc"], code, sentence(error.get("ctx", {})))


def unknown_key(path: Path) -> Finding:
    """A key that the signature has not."""
    return explain({"type": "extra_forbidden", "loc": path, "input": ""})


def unseen_range(path: Path, low: float | str | None, high: float | str | None) -> Finding:
    """A value outside the range that training saw."""
    return explain({"type": "unseen_range", "loc": path, "input": "", "ctx": {"range": range_text(low, high)}})


def unseen_category(path: Path) -> Finding:
    """A category that training never saw."""
    return explain({"type": "unseen_category", "loc": path, "input": ""})


def range_text(low: float | str | None, high: float | str | None) -> str:
    """A range in words; its bounds read back as themselves."""
    return f"{low} to {high}"
