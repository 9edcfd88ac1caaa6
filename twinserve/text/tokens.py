"""The tokens of a text, by the rules of scikit-learn's vectorizers.

The steps are those of scikit-learn 1.9, `feature_extraction/text.py` (`_VectorizerMixin`): the same functions of
Python's standard library, so the same Python gives the same tokens, in the same order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Tokens = Callable[[str], Sequence[str]]
Count = Annotated[int, Field(ge=1)]

_SPACES: Final = re.compile(r"\s\s+")


class Analysis(BaseModel):
    """How texts become tokens: the parameters of a vectorizer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    analyzer: Literal["word", "char", "char_wb"]
    ngram_range: tuple[Count, Count]
    token_pattern: str
    lowercase: bool
    strip_accents: Literal["ascii", "unicode"] | None
    stop_words: frozenset[str]

    def tokens(self) -> Tokens:
        """The function that gives the tokens of a text; raises `re.error` where the pattern is none."""
        prepare = self._prepared()
        shortest, longest = self.ngram_range
        if self.analyzer == "char":
            return lambda text: _char_ngrams(prepare(text), shortest, longest)
        if self.analyzer == "char_wb":
            return lambda text: _ngrams_in_words(prepare(text), shortest, longest)
        find, stop = re.compile(self.token_pattern).findall, self.stop_words
        if not stop and shortest == longest == 1:
            return lambda text: find(prepare(text))
        return lambda text: _word_ngrams([word for word in find(prepare(text)) if word not in stop], shortest, longest)

    def _prepared(self) -> Callable[[str], str]:
        strip = _STRIPPED.get(self.strip_accents)
        if strip is None:
            return str.lower if self.lowercase else str
        return (lambda text: strip(text.lower())) if self.lowercase else strip


def _word_ngrams(words: list[str], shortest: int, longest: int) -> list[str]:
    if longest == 1:
        return words
    join, count = " ".join, len(words)
    ngrams = words[:] if shortest == 1 else []
    for n in range(max(shortest, 2), min(longest, count) + 1):
        ngrams += [join(words[i : i + n]) for i in range(count - n + 1)]
    return ngrams


def _char_ngrams(text: str, shortest: int, longest: int) -> list[str]:
    text = _SPACES.sub(" ", text)
    count = len(text)
    ngrams = list(text) if shortest == 1 else []
    for n in range(max(shortest, 2), min(longest, count) + 1):
        ngrams += [text[i : i + n] for i in range(count - n + 1)]
    return ngrams


def _ngrams_in_words(text: str, shortest: int, longest: int) -> list[str]:
    """The n-grams of each word with a blank at both its ends; a word that is shorter than `n` counts once."""
    ngrams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        count = len(padded)
        for n in range(shortest, longest + 1):
            ngrams += [padded[i : i + n] for i in range(max(1, count - n + 1))]
            if n >= count:
                break
    return ngrams


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join([c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)])


def _as_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ASCII", "ignore").decode("ASCII")


_STRIPPED: Final[dict[str | None, Callable[[str], str]]] = {"ascii": _as_ascii, "unicode": _without_accents}
