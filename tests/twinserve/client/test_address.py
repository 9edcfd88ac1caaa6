"""Addresses of services: any prefix, no credentials."""

from __future__ import annotations

import pytest

from twinserve.client.address import Address
from twinserve.errors import AskedWrongly


@pytest.mark.parametrize(
    ("url", "predict"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/predict"),
        ("https://host/", "https://host/predict"),
        ("https://host/some/prefix/", "https://host/some/prefix/predict"),
        ("http://[::1]:8000/ml", "http://[::1]:8000/ml/predict"),
        ("https://münchen.example/ä", "https://münchen.example/ä/predict"),
    ],
)
def test_paths_go_below_the_address(url: str, predict: str) -> None:
    assert Address(url).of_model("/predict") == predict


def test_a_model_has_paths_of_its_own() -> None:
    address = Address("https://host/ml", "a b/ü")
    assert address.of_model("/predict", {"coverage": "0.9", "top": None}) == (
        "https://host/ml/models/a%20b%2F%C3%BC/predict?coverage=0.9"
    )
    assert address.of_model("") == "https://host/ml/models/a%20b%2F%C3%BC"
    assert address.of("/models") == "https://host/ml/models"


@pytest.mark.parametrize(
    "url",
    [
        *("", "host", "host:8000", "ftp://host", "http://", "https://host:port", "https://host:99999", "http://[::1"),
        *("https://host/?a=b", "https://host/#x", "https://ho st/", "https://host\n/", None, b"https://host", 8000),
    ],
)
def test_what_is_no_address_of_a_service_is_refused(url: object) -> None:
    with pytest.raises(AskedWrongly, match="The address of the service"):
        Address(url)  # type: ignore[arg-type]


def test_credentials_in_an_address_are_refused_and_not_shown() -> None:
    with pytest.raises(AskedWrongly, match="key=") as caught:
        Address("https://user:hunter2@host")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("model", ["", 3, b"x"])
def test_what_is_no_name_of_a_model_is_refused(model: object) -> None:
    with pytest.raises(AskedWrongly, match="model"):
        Address("https://host", model)
