"""The categories that a fitted encoder inside a pipeline knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.estimators.introspection import parts


def known_words(fitted: Any) -> list[str]:
    """The texts that its encoders and imputers know, each once: categories, what stands for null, what replaces it."""
    listed: list[Any] = []
    theirs = (part for part in parts(fitted) if type(part).__module__.startswith("sklearn."))
    for state in (vars(part) for part in theirs if hasattr(part, "__dict__")):
        listed += [state.get("missing_values"), *np.ravel(state.get("statistics_", ()))]
        listed += [word for column in state.get("categories_", ()) for word in np.ravel(column)]
    return list(dict.fromkeys(word for word in listed if isinstance(word, str)))
