"""Requires of answers what the OpenAPI documents of the protocols say of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from jsonschema import Draft202012Validator

from tests.tensors import LENGTH
from twinserve.service.documents.openapi import OF_PROTOCOLS
from twinserve.service.http.reply import JSON
from twinserve.service.http.routes import PART
from twinserve.service.protocols.dialect import NOTHING
from twinserve.service.service import Service
from twinserve.testing.answer import Answer

OF_ANY_PATH: Final = frozenset({405, 431})
"""Statuses that no document lists: of a method that it does not list either, and of a head that no path has seen."""


class Documented:
    """The documents of the protocols of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @cached_property
    def _operations(self) -> Mapping[tuple[str, str], tuple[Any, Any]]:
        """By method and the regular expression of a path: the operation, and the components of its document."""
        found = {}
        for route in self._service.routes:
            if route.path.startswith(OF_PROTOCOLS):
                document = json.loads(self._service.dialect_of(route).reads[route.name](self._service, NOTHING).body)
                for path, operations in document["paths"].items():
                    for method, operation in operations.items():
                        found[method.upper(), _pattern(path)] = operation, document["components"]
        return found

    def require(self, method: str, path: str, sent: bytes, headers: Mapping[str, str], answer: Answer) -> bool:
        """Fail unless an answer is as documented: its status, its type, its headers and its body; of a 200 what was
        sent, too. False for one of a path or a method that no protocol documents."""
        if answer.status in OF_ANY_PATH:
            return False
        asked, plain = "GET" if method == "HEAD" else method, unquote(path.partition("?")[0])
        for (known, pattern), (operation, components) in self._operations.items():
            if known == asked and re.fullmatch(pattern, plain):
                _require(operation, components, answer, has_body=method != "HEAD")
                if answer.status == HTTPStatus.OK and "requestBody" in operation and _is_json(headers):
                    schema = operation["requestBody"]["content"][JSON]["schema"]
                    Draft202012Validator({**schema, "components": components}).validate(json.loads(sent))
                return True
        return False


def _require(operation: Any, components: Any, answer: Answer, *, has_body: bool) -> None:
    responses = operation["responses"]
    assert str(answer.status) in responses, f"{operation['operationId']} documents no {answer.status}"
    response = responses[str(answer.status)]
    needed = [name for name, header in response["headers"].items() if _followed(header, components).get("required")]
    assert all(name in answer.headers for name in needed), needed
    if "content" not in response or not has_body:
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in response["content"], f"{operation['operationId']} documents no {media_type}"
    if media_type == JSON:
        schema = response["content"][media_type]["schema"]
        Draft202012Validator({**schema, "components": components}).validate(answer.json())


def _is_json(headers: Mapping[str, str]) -> bool:
    """Is a body of these headers JSON alone? Some clients say no type."""
    names = {name.lower(): value for name, value in headers.items()}
    return names.get("content-type", JSON) == JSON and not names.keys() & {"content-encoding", LENGTH.lower()}


def _followed(header: Any, components: Any) -> Any:
    return components["headers"][header["$ref"].rpartition("/")[2]] if "$ref" in header else header


def _pattern(path: str) -> str:
    """The regular expression of a path with parameters."""
    parts = re.split(r"(\{\w+\})", path)
    return "".join("[^/]+" if PART.fullmatch(part) else re.escape(part) for part in parts)
