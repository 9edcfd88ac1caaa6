"""Which texts a parser of numbers may take that JSON does not write so: all cells of a block of CSV at once."""

from __future__ import annotations

from typing import Final

import numpy as np

OTHER, DELIMITER, ZERO, DIGIT, DOT, MINUS, PLUS, SPACE = range(8)
LETTERS: Final = {
    DELIMITER: b',"\r\n',
    ZERO: b"0",
    DIGIT: b"123456789",
    DOT: b".",
    MINUS: b"-",
    PLUS: b"+",
    SPACE: b" \t\v\f",
}
KINDS: Final = bytes(next((kind for kind, held in LETTERS.items() if byte in held), OTHER) for byte in range(256))
"""What each byte is."""
SHIFT: Final = 3
"""Bits of a kind: those of two bytes that follow each other make a number below 64."""
ODD, BEGINS_ZERO, BEGINS_MINUS, MINUS_ZERO, ZERO_MORE = range(1, 6)


def _pair(first: int, second: int) -> int:
    """What two bytes are that follow each other; 0: what may stand anywhere."""
    if first == DOT:
        return 0 if second in (ZERO, DIGIT) else ODD
    named = {
        (DELIMITER, PLUS): ODD,
        (DELIMITER, DOT): ODD,
        (DELIMITER, SPACE): ODD,
        (SPACE, DELIMITER): ODD,
        (MINUS, DOT): ODD,
        (DELIMITER, ZERO): BEGINS_ZERO,
        (DELIMITER, MINUS): BEGINS_MINUS,
        (MINUS, ZERO): MINUS_ZERO,
        (ZERO, ZERO): ZERO_MORE,
        (ZERO, DIGIT): ZERO_MORE,
    }
    return named.get((first, second), 0)


PAIRS: Final = bytes(_pair(code >> SHIFT & 7, code & 7) if code < 64 else 0 for code in range(256))
LEADING_ZEROS: Final = (bytes((BEGINS_ZERO, ZERO_MORE)), bytes((BEGINS_MINUS, MINUS_ZERO, ZERO_MORE)))


def may_be_odd(records: bytes) -> bool:
    """May a cell be a number to a parser that takes `+1`, `.5`, `1.`, `007` or ` 1`, and none to JSON? Texts of other
    letters, infinity and NaN are not looked for: no double that is finite comes of these.

    64 KiB take a quarter of a millisecond, with look-ups by NumPy four times as long."""
    kinds = np.frombuffer(b"%c%b%c" % (DELIMITER, records.translate(KINDS), DELIMITER), np.uint8)
    pairs = (kinds[:-1] << SHIFT | kinds[1:]).tobytes().translate(PAIRS)
    return ODD in pairs or any(zeros in pairs for zeros in LEADING_ZEROS)
