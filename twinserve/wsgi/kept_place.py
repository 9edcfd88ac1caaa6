"""`KeptPlace`: a place among the requests in flight that is held between two calls of the app."""

from __future__ import annotations

from twinserve.service.limits.concurrency import Places
from twinserve.wsgi.second_call import BodyAwaited


class KeptPlace:
    """A place among the requests in flight that outlasts `BodyAwaited`: from the head of a request to its reply."""

    def __init__(self) -> None:
        self._places: Places | None = None
        """The limit of which a place is held; None if none is held."""

    @property
    def is_held(self) -> bool:
        """Is a place held?"""
        return self._places is not None

    def among(self, places: Places) -> KeptPlace:
        """Take one of these places unless one is held already; raises `Problem` (503) if none is free."""
        if self._places is None:
            places.__enter__()
            self._places = places
        return self

    def __enter__(self) -> None:
        """Do nothing: `among` has taken the place."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not BodyAwaited:
            self.leave()

    def leave(self) -> None:
        """Release the place, if one is held."""
        if self._places is not None:
            places, self._places = self._places, None
            places.__exit__()
