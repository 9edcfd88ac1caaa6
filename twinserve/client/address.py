"""Where a service is: its address with any prefix, and the paths below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from twinserve.errors import AskedWrongly

SCHEMES: Final = ("http", "https")
UNSAFE: Final = re.compile(r"[\x00-\x20\x7f]")


class Address:
    """The address of a service, such as `https://host/prefix`; of one of its models, where a name is given."""

    def __init__(self, url: str, model: object = None) -> None:
        """Raises `AskedWrongly` for what is no address of a service."""
        self.url = checked(url, "The address of the service")
        if model is not None and not (isinstance(model, str) and model):
            raise AskedWrongly("model is the name of a model.")
        self.model = model

    def of(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """The URL of a path of the whole service; what is None in the query is left out."""
        given = [(name, str(value)) for name, value in (query or {}).items() if value is not None]
        return f"{self.url}{path}{'?' if given else ''}{urlencode(given)}"

    def of_model(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """The URL of a path of the model: the plain path is the default model's."""
        if self.model is None:
            return self.of(path or "/model", query)
        return self.of(f"/models/{quote(self.model, safe='')}{path}", query)


def checked(url: object, what: str) -> str:
    """A URL without a slash at its end; raises `AskedWrongly` for what cannot be one to send credentials to."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        raise AskedWrongly(f"{what} is a URL, such as https://host:8000/prefix.") from None
    if (
        not isinstance(url, str)
        or UNSAFE.search(url)
        or parts.scheme not in SCHEMES
        or not parts.hostname
        or not has_port
    ):
        raise AskedWrongly(f"{what} is a URL, such as https://host:8000/prefix.")
    if parts.username is not None or parts.password is not None:
        raise AskedWrongly(f"{what} holds credentials; give them as key=, token= or oauth=.")
    if parts.query or parts.fragment:
        raise AskedWrongly(f"{what} has no query and no fragment.")
    return url.rstrip("/")
