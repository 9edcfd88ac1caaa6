"""`Composed`: answers a request of a protocol that is composed of native answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twinserve.service.http.reply import Reply
from twinserve.service.inference.question import Question
from twinserve.service.protocols.dialect import Asked, Dialect

if TYPE_CHECKING:
    from twinserve.service.inference.version import ModelVersion


class Composed:
    """A version that is asked in such a dialect."""

    def __init__(self, version: ModelVersion, dialect: Dialect) -> None:
        self._version, self._dialect = version, dialect

    def answer(self, question: Question) -> Reply:
        """The reply to a question, whose codec is the native one."""
        composer = self._version.composer(self._dialect)
        return composer.compose(question.body, question.asked, partial(self._ask, question))

    def _ask(self, question: Question, body: bytes, asked: Asked) -> bytes:
        self._version.require(asked)
        return self._version.answer(question._replace(body=body, asked=asked)).body
