"""Texts made to show a difference in how words are found and counted: cases, accents, scripts, punctuation, lengths."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from twinserve.arrays import evenly_spread

CHANGED: Final = 4
"""Real texts to which each change is made."""
SINGLE_WORDS: Final = 10
LONG: Final = 2_000
"""Words of a long text."""
LONGEST_WORD: Final = 5_000

WRITTEN: Final = (
    "", " ", "\t\n\r ", "a", "I", "zzqx wvut", "0", "12 3.45 1e5 -7 1,000", "½ ² ① Ⅳ 三 ٣٤ १२", "...", "?! -- ()",
    "don't e-mail a_b __x__ c++ #tag @name https://a.example/b?c=d",
    "one\ntwo\r\nthree\tfour  five\u00a0six\u2003seven",
    "zero\u200bwidth soft\u00adhyphen joined\u2060word", "ÀÉÎÕÜ ß ẞ ŒUVRE Ærø Łódź Ǆ ŉ", "e\u0301le\u0300ve nin\u0303o",
    "İSTANBUL ISPARTA ırmak", "ΟΔΟΣ ὈΔΥΣΣΕΎΣ Σ", "ﬁne ﬂow ＡＢＣ １２３ ｶﾀｶﾅ", "Москва ёлка ЁЛКА",
    "שָׁלוֹם עולם", "السَّلام عليكم",
    "नमस्ते दुनिया", "สวัสดีชาวโลก", "北京 上海东京", "한국어 문장", "ქართული ენა ᲥᲐᲠᲗᲣᲚᲘ",
    "\U0001d4d7ello \U00010400\U00010428",
    "😀 👩\u200d👧 🇩🇪 ☕ ❤\ufe0f", "<b>bold</b> &amp; {x} [y] \\n \"q\" 'q'", "\x00\x01 \x7f \ufeffmark \ufffd",
)  # fmt: skip
ACCENTED: Final = str.maketrans("aeiouncsAEIOU", "àéîõüñçšÀÉÎÕÜ")
CHANGES: Final[Sequence[Callable[[str], str]]] = (
    str.upper,
    str.swapcase,
    str.title,
    lambda text: " ".join(reversed(text.split())),
    lambda text: " ".join(text.split()[::2]),
    lambda text: " ".join([text] * 3),
    lambda text: " ".join(text.split()[:1] * 50),
    lambda text: text[: len(text) // 2],
    lambda text: f"zzqx {text} wvut",
    lambda text: "".join(text.split()),
    lambda text: "-".join(text.split()),
    lambda text: ", ".join(text.split()) + "!",
    lambda text: "   ".join(text.split()) + "\n",
    lambda text: text.translate(ACCENTED),
    lambda text: unicodedata.normalize("NFD", text.translate(ACCENTED)),
)


def text_probes(real: Sequence[str | None]) -> list[str]:
    """Texts of no language, and real ones that are changed."""
    texts = [text for text in real if text]
    some = [texts[place] for place in evenly_spread(len(texts), CHANGED).tolist()] if texts else []
    return [*WRITTEN, *(change(text) for change in CHANGES for text in some), *_words(texts), *_long(texts)]


def _words(texts: Sequence[str]) -> Iterator[str]:
    for place in evenly_spread(len(texts), SINGLE_WORDS).tolist() if texts else ():
        words = texts[place].split()
        yield from words[place % len(words) :][:1] if words else ()


def _long(texts: Sequence[str]) -> Iterator[str]:
    words = [word for text in texts[:LONG] for word in text.split()[:10]]
    yield " ".join((words or ["word"])[:LONG])
    yield "a" * LONGEST_WORD
