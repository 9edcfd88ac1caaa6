"""How the label of two classes follows from their probabilities."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from twinserve.errors import AskedWrongly
from twinserve.metric import Task


@dataclass(frozen=True)
class Costs:
    """What a mistake costs, in any unit."""

    false_negative: float
    """The positive class is there, and the label is the other one."""
    false_positive: float

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` unless both cost something."""
        if not (0 < self.false_negative < float("inf") and 0 < self.false_positive < float("inf")):
            raise AskedWrongly("--costs are numbers above 0, such as FN=10,FP=1.")

    @classmethod
    def of(cls, costs: Mapping[str, float | str] | str) -> Costs:
        """Of `FN` and `FP`, or of the text `FN=10,FP=1`; raises `AskedWrongly`."""
        return cls.parse(costs) if isinstance(costs, str) else cls._of(costs, str(dict(costs)))

    @classmethod
    def parse(cls, text: str) -> Costs:
        """Of `FN=10,FP=1`; raises `AskedWrongly`."""
        pairs = [part.strip().partition("=")[::2] for part in text.split(",")]
        if len(dict(pairs)) < len(pairs):
            raise AskedWrongly(f"--costs names FN and FP once each, not {text}.")
        return cls._of(dict(pairs), text)

    @classmethod
    def _of(cls, costs: Mapping[str, float | str], given: str) -> Costs:
        try:
            if costs.keys() != {"FN", "FP"}:
                raise ValueError
            return cls(float(costs["FN"]), float(costs["FP"]))
        except ValueError:
            raise AskedWrongly(f"--costs names FN and FP, such as FN=10,FP=1, not {given}.") from None


@dataclass(frozen=True)
class Decision:
    """The label is the positive class where its probability is at least the threshold, or else the other class.

    A positive class alone leaves the labels as they are; average precision is then about it."""

    positive: str | None = None
    """None: the second class in alphabetical order, the order of the classes."""
    threshold: float | None = None
    costs: Costs | None = None
    """In place of a threshold: the one that costs least on out-of-fold predictions of the training rows."""

    def __post_init__(self) -> None:
        """Raise `AskedWrongly` for choices that contradict each other."""
        if self.threshold is not None and self.costs is not None:
            raise AskedWrongly("--threshold and --costs exclude each other; give one.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise AskedWrongly(f"--threshold is a probability from 0 to 1, not {self.threshold}.")

    def require_for(self, classes: Sequence[str] | None, task: Task = "regression") -> None:
        """Raise `AskedWrongly` unless these classes can be decided so; None is another task than a classification."""
        if self == BY_PROBABILITY:
            return
        if classes is None or len(classes) != 2:
            what = f"a {task}" if classes is None else f"a classification into {len(classes)} classes"
            names = "--positive belongs" if self.by_probability else "--threshold and --costs belong"
            raise AskedWrongly(f"{names} to a classification into two classes; this is {what}.")
        if self.positive is not None and self.positive not in classes:
            close = difflib.get_close_matches(self.positive, classes, n=1) or classes
            raise AskedWrongly(f"There is no class {self.positive!r} (--positive); did you mean {' or '.join(close)}?")

    @property
    def by_probability(self) -> bool:
        """Is the label the class of the largest probability?"""
        return self.threshold is None and self.costs is None

    def positive_of(self, classes: Sequence[str]) -> str:
        """The positive class."""
        return classes[1] if self.positive is None else self.positive


BY_PROBABILITY: Final = Decision()
"""The default: the label is the class of the largest probability, as the estimator itself has it."""
