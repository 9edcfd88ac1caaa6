"""Which of a version's examples its documents show."""

from __future__ import annotations

from twinserve.store.examples import NO_EXAMPLES, Example, Examples
from twinserve.store.shown_examples import MOST_CLASSES, shown_examples
from twinserve.testing.fakes import car, signature


def test_the_middle_comes_first_and_then_the_first_classes() -> None:
    made = [Example(kind="class", label=f"class {number}", instance=car(age=number % 30)) for number in range(60)]
    shown = shown_examples(Examples(examples=(*made, Example(kind="middle", instance=car()))), signature())
    assert shown[0].kind == "middle"
    assert [example.label for example in shown[1:]] == [f"class {number}" for number in range(MOST_CLASSES)]


def test_an_example_with_a_warning_is_not_shown() -> None:
    unusual = Example(kind="low", instance=car(age=99))
    usual = Example(kind="high", instance=car(age=20))
    assert shown_examples(Examples(examples=(unusual, usual)), signature()) == (usual,)


def test_without_stored_examples_one_is_made_up() -> None:
    (made_up,) = shown_examples(NO_EXAMPLES, signature())
    assert made_up.kind == "middle"
    assert shown_examples(Examples(examples=(made_up,)), signature()) == (made_up,)
