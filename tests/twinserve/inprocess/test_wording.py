"""What a sentence says of the command's options it says to a caller in Python of arguments."""

from __future__ import annotations

import inspect

import pytest

from twinserve import ModelError, fit
from twinserve.inprocess.wording import FLAGS, in_python, python_wording


@pytest.mark.parametrize(
    ("of_the_command", "of_python"),
    [
        ("left out; --keep-leaks keeps it", "left out; keep_leaks=True keeps it"),
        ("guessed from the target; --task overrides", "guessed from the target; task= overrides"),
        ("give --task regression if it is a number", "give task='regression' if it is a number"),
        ("on it: --time day of sale judges as you", "on it: time='day of sale' judges as you"),
        ("--date 'on day=%Y%m%d' reads them so", "date={'on day': '%Y%m%d'} reads them so"),
        ("--category kind takes both as", "category='kind' takes both as"),
        ("--date with their format, as strptime takes it", "date= with their format, as strptime takes it"),
        ("a minus - and a dash -- stay", "a minus - and a dash -- stay"),
    ],
)
def test_an_option_is_named_as_an_argument(of_the_command: str, of_python: str) -> None:
    assert in_python(of_the_command) == of_python


def test_the_flags_are_arguments_of_fit() -> None:
    assert set(inspect.signature(fit).parameters) >= FLAGS


def test_an_error_is_reworded_and_stays_of_its_class() -> None:
    with pytest.raises(ModelError, match=r"^name= takes one of: a$"), python_wording():
        raise ModelError("--name takes one of: a")
