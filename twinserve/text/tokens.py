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
LONGEST_NGRAM: Final = 100
Length = Annotated[int, Field(ge=1, le=LONGEST_NGRAM)]

_SPACES: Final = re.compile(r"\s\s+")


class Analysis(BaseModel):
    """How texts become tokens: the parameters of a vectorizer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    analyzer: Literal["word", "char", "char_wb"]
    ngram_range: tuple[Length, Length]
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
            split, ngrams = self.words(), self.ngrams_of_a_word
            return lambda text: [ngram for word in split(text) for ngram in ngrams(word)]
        find, stop = re.compile(self.token_pattern).findall, self.stop_words
        if not stop and shortest == longest == 1:
            return lambda text: find(prepare(text))
        return lambda text: _word_ngrams([word for word in find(prepare(text)) if word not in stop], shortest, longest)

    def words(self) -> Tokens:
        """The function that gives the words of which `char_wb` makes n-grams."""
        prepare = self._prepared()
        return lambda text: _SPACES.sub(" ", prepare(text)).split()

    def ngrams_of_a_word(self, word: str) -> Sequence[str]:
        """The n-grams of a word with a blank at both its ends; a word that is shorter than `n` counts once."""
        ngrams: list[str] = []
        padded = f" {word} "
        count = len(padded)
        for n in range(self.ngram_range[0], self.ngram_range[1] + 1):
            ngrams += [padded[i : i + n] for i in range(max(1, count - n + 1))]
            if n >= count:
                break
        return ngrams

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


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join([c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)])


def _as_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ASCII", "ignore").decode("ASCII")


_STRIPPED: Final[dict[str | None, Callable[[str], str]]] = {"ascii": _as_ascii, "unicode": _without_accents}
