"""The client of a service: plain values and tables of pandas or Polars in and out, over HTTP.

from twinserve.client import Client

with Client("https://host/prefix", key="...") as client:
    client.predict({"amount": 1000, "age": 31})
"""

try:
    import httpx2  # noqa: F401  # Before any module of this package, which all need it.
except ModuleNotFoundError as error:  # pragma: no cover  # The extra is part of the development tools.
    raise ModuleNotFoundError(
        "twinserve.client needs HTTPX: pip install 'twinserve[client]'", name=error.name
    ) from None

from twinserve.client.async_client import AsyncClient
from twinserve.client.client import Client
from twinserve.client.errors import (
    ClientError,
    ConnectionFailed,
    Finding,
    Forbidden,
    InvalidInput,
    InvalidParameter,
    MixedVersions,
    NotFound,
    NotImplementedHere,
    PredictionTimeout,
    Problem,
    TimedOut,
    TokenRefused,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from twinserve.client.retrying import Retries
from twinserve.client.token import ClientCredentials
from twinserve.errors import AskedWrongly

__all__ = [
    "AskedWrongly",
    "AsyncClient",
    "Client",
    "ClientCredentials",
    "ClientError",
    "ConnectionFailed",
    "Finding",
    "Forbidden",
    "InvalidInput",
    "InvalidParameter",
    "MixedVersions",
    "NotFound",
    "NotImplementedHere",
    "PredictionTimeout",
    "Problem",
    "Retries",
    "TimedOut",
    "TokenRefused",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
]
