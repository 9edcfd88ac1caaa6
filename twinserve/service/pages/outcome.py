"""`Outcome`: the answer to a posted form, ready to be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from twinserve.service.pages.drawing import Bar, number, percent, shares, signed
from twinserve.service.pages.form import Form
from twinserve.signature.request.diagnosis import MAX_ERRORS

TOP: Final = 10
"""Contributions that are shown one by one."""
MOST_CLASSES: Final = 20

Found = Mapping[str, str]
"""A finding: pointer, code and detail."""


class Outcome(NamedTuple):
    """What the service answered to the instance of a form."""

    answer: Mapping[str, Any] | None = None
    """The JSON of a prediction, with an explanation where there is one; None where the instance was refused."""
    errors: Sequence[Found] = ()
    more: str = ""
    """The sentence of the refusal, with the number of errors."""

    def at(self, pointer: str) -> list[Found]:
        """The errors of one field."""
        return [error for error in self.errors if error["pointer"] == pointer]

    def warnings(self, pointer: str) -> list[Found]:
        """The warnings about one field."""
        return [] if self.answer is None else [w for w in self.answer["warnings"] if w["pointer"] == pointer]

    @property
    def is_cut(self) -> bool:
        """Are there more errors than are listed?"""
        return len(self.errors) >= MAX_ERRORS

    @property
    def headline(self) -> str:
        """The label, or the value."""
        answer = self.answer or {}
        if "label" in answer:
            return str(answer["label"])
        return number(answer["value"], 6) if "value" in answer else ""

    @property
    def probability(self) -> str:
        """Of the label."""
        found = self.probabilities_of(self.answer or {})
        return percent(found[self.headline]) if found else ""

    def probabilities(self) -> list[Bar]:
        """The probabilities, the largest first, and how many classes are left out."""
        return shares([*self.probabilities_of(self.answer or {}).items()])[:MOST_CLASSES]

    @staticmethod
    def probabilities_of(answer: Mapping[str, Any]) -> Mapping[str, float]:
        """By class; empty where there are none, and of several targets, each of which has its own."""
        return {} if "labels" in answer else answer.get("probabilities") or {}

    def figures(self, quantile: str, score: str) -> list[tuple[str, str]]:
        """What a prediction says beside a label or a value, each with its name: targets, quantiles, a score."""
        answer = self.answer or {}
        likely = answer.get("probabilities") or {}
        labels: Mapping[str, str] = answer.get("labels") or {}
        sure = {name: f" {percent(likely[name][label])}" for name, label in labels.items() if name in likely}
        return [
            *((name, f"{label}{sure.get(name, '')}") for name, label in labels.items()),
            *((name, number(value, 6)) for name, value in answer.get("values", {}).items()),
            *((quantile.format(name=name), number(value, 6)) for name, value in answer.get("quantiles", {}).items()),
            *([(score, number(answer["score"], 6))] if "score" in answer else []),
        ]

    @property
    def interval(self) -> Mapping[str, Any] | None:
        """The interval of a value, where one was asked for."""
        return None if self.answer is None else self.answer.get("interval")

    @property
    def labels(self) -> Mapping[str, Any] | None:
        """The set of labels, where one was asked for."""
        return None if self.answer is None else self.answer.get("set")

    def quoted(self, quotes: str) -> str:
        """The labels of the set, each within `quotes`, as a label may hold a comma."""
        return ", ".join(quotes.format(label=label) for label in (self.labels or {}).get("labels", ())) or "–"

    @property
    def explanation(self) -> Mapping[str, Any] | None:
        """Why, where that can be said."""
        return None if self.answer is None else self.answer.get("explanation")

    def contributions(self, form: Form, others: str) -> list[Bar]:
        """The contributions, the largest first; `others` is the label of the rest."""
        explanation = self.explanation
        if explanation is None:
            return []
        pairs = [(_name(form, item["pointer"]), item["contribution"]) for item in explanation["contributions"]]
        rest = len(form.fields) - len(pairs)
        return signed(pairs, [(others.format(number=rest), explanation["others"])] if rest else [])


NOT_ASKED: Final = Outcome()


def _name(form: Form, pointer: str) -> str:
    return form.fields[pointer].title


def read(body: bytes) -> Outcome:
    """The outcome in the JSON of a reply."""
    return Outcome(json.loads(body))
