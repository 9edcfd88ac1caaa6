"""What the fitted encoders inside a pipeline know of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.lowerings.category_encoders import ENCODERS
from twinserve.compile.lowerings.encoder_answers import words_of
from twinserve.estimators.introspection import class_name, parts


def known_categories(fitted: Any) -> list[str]:
    """The texts that encoders and imputers hold, each once: categories, `missing_values` and statistics."""
    listed: list[Any] = []
    held = [fitted, *parts(fitted)]
    of_sklearn = (part for part in held if type(part).__module__.startswith("sklearn."))
    for state in (vars(part) for part in of_sklearn if hasattr(part, "__dict__")):
        listed += [state.get("missing_values"), *np.ravel(state.get("statistics_", ()))]
        listed += [text for column in state.get("categories_", ()) for text in np.ravel(column)]
    listed += [word for part in held if class_name(part) in ENCODERS for word in words_of(part)]
    return list(dict.fromkeys(text for text in listed if isinstance(text, str)))


def makes_words(fitted: Any) -> bool:
    """Does a vectorizer inside a pipeline make words of texts?"""
    return any(hasattr(part, "build_analyzer") for part in parts(fitted))
