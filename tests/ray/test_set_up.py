"""What is said to Ray Data before a folder is answered, without a cluster."""

from __future__ import annotations

import warnings

import pytest

from twinserve.bulk.files.on_ray import NO_PROGRESS, _set_up

pytestmark = pytest.mark.environments


def test_a_file_may_take_as_long_as_it_takes() -> None:
    """By default Ray Data ends what has had no result for 30 minutes, and a file is one result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own.
        from ray.data import DataContext

        context = DataContext.get_current()
        assert getattr(context, NO_PROGRESS) > 0
        _set_up()
    assert (getattr(context, NO_PROGRESS), context.enable_progress_bars) == (-1, False)
