"""Sentences that name an option of the command or a setting of the servers, in the words of a call from Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from twinserve.errors import ModelError

OPTION: Final = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?: (classification|regression)\b)?")
SPLIT: Final = re.compile(r"--(time|group) (.+?)(?= judges )")
COLUMN: Final = re.compile(r"--(category|number|text|date) ('[^']+'|[^\s']+)(?= (?:reads|takes) )")
SETTING: Final = re.compile(r"(?: in the server's settings)? \((TRUST_PICKLES|MAX_ARTIFACT)\)")
FLAGS: Final = frozenset(
    {
        "allow_breaking",
        "allow_fallback",
        "allow_weak",
        "keep_leaks",
        "publish_rows",
        "refit",
        "release",
        "stratify",
        "track",
        "trust_pickles",
    }
)
"""The arguments that are true or false."""


def in_python(sentence: str) -> str:
    """The sentence with `--keep-leaks` as `keep_leaks=True`, and any other option as its argument, `task=`."""
    sentence = SPLIT.sub(lambda option: _argument(option[1], option[2]), sentence)
    sentence = COLUMN.sub(lambda option: f"{option[1]}={_column(option[2])}", sentence)
    return OPTION.sub(lambda option: _argument(option[1].replace("-", "_"), option[2]), sentence)


def _column(text: str) -> str:
    """A column's name, or a date's with its format, as an argument has it."""
    name, is_date, form = text.strip("'").partition("=%")
    return repr({name: f"%{form}"}) if is_date else repr(name)


def _argument(name: str, value: str | None) -> str:
    if name in FLAGS:
        return f"{name}=True"
    return f"{name}={'' if value is None else repr(value)}"


@contextmanager
def python_wording() -> Iterator[None]:
    """Reword the library's errors that are raised in here."""
    try:
        yield
    except ModelError as error:
        sentence = SETTING.sub(lambda setting: f" ({_argument(setting[1].lower(), None)})", str(error))
        error.args = (in_python(sentence),)
        raise
