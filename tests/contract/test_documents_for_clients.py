"""What generated clients need of `/openapi.json` and of the documents of protocols, whatever the model predicts.

Each rule is one that openapi-python-client, openapi-typescript or openapi-generator (Java, Go) has failed by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.conftest import OpenDoors
from twinserve.service.protocols.spoken import spoken
from twinserve.testing.contract.tasks import MEMBERS, service
from twinserve.testing.fakes import CLASSES, service_of, settings_of

TAKEN = {"class", "error", "file", "list", "map", "object", "path", "set", "string", "type", "date"}
"""Names of classes that the languages of clients have themselves."""
Node = tuple[str, dict[str, Any]]


def documents(open_doors: OpenDoors) -> Iterator[tuple[str, Any]]:
    """Our own of each task, and those of the protocols."""
    for task in MEMBERS:
        yield task, open_doors(service(task)).send("GET", "/openapi.json").json()
    both = open_doors(service_of(dialects=spoken(settings_of())))
    for name in ("v2", "v1", "mlflow", "sagemaker"):
        yield name, both.send("GET", f"/openapi/{name}.json").json()


@pytest.fixture
def nodes(open_doors: OpenDoors) -> list[Node]:
    """Every schema in every document, and where it is."""
    return [(f"{name}{place}", node) for name, document in documents(open_doors) for place, node in _walk(document, "")]


def _walk(node: Any, place: str) -> Iterator[Node]:
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _walk(item, f"{place}/{number}")
    elif isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from _walk(value, f"{place}/{key}")


def test_every_enumeration_and_constant_has_a_type(nodes: list[Node]) -> None:
    """Else they are of any type."""
    untyped = [
        place
        for place, node in nodes
        if ("enum" in node or "const" in node)
        and node.get("type") != "string"
        and not place.endswith(("/propertyNames", "/properties"))
    ]
    assert untyped == []


def test_numbers_have_the_width_that_they_have(nodes: list[Node]) -> None:
    """Else Go and Java read single floats and short integers."""
    own = [(place, node) for place, node in nodes if "/components/schemas/" in place or "coverage" in place]
    unlike = [
        place
        for place, node in own
        for name, width in (("number", "double"), ("integer", "int64"))
        if name in _types(node) and node.get("format") != width
    ]
    assert own
    assert unlike == []


def _types(node: dict[str, Any]) -> list[Any]:
    kinds = node.get("type")
    return kinds if isinstance(kinds, list) else [kinds]


def test_a_choice_is_between_names_or_null(nodes: list[Node]) -> None:
    """Of several objects each has a name; of an object and null as well. A type is one, or null."""
    choices = [(place, item) for place, node in nodes for item in (node.get("oneOf") or node.get("anyOf") or ())]
    assert choices
    assert [place for place, item in choices if "properties" in item] == []
    assert [place for place, node in nodes if "allOf" in node or node.get("items") is False] == []
    several = [(place, {*_types(node)}) for place, node in nodes if len(_types(node)) > 1]
    assert [place for place, kinds in several if len(kinds - {"null"}) > 1] == []


def test_no_member_bears_a_name_that_is_data(nodes: list[Node]) -> None:
    """Labels, targets and levels are keys of maps: as members they may be no names, and the next version has others."""
    members = {name for place, node in nodes if "/Instance" not in place for name in node.get("properties", ())}
    assert [name for name in members if not re.fullmatch(r"[a-z_]+", name)] == []
    assert not members & set(CLASSES)


def test_no_schema_is_named_like_one_of_its_members_or_a_class_of_a_language(open_doors: OpenDoors) -> None:
    """In a class `Models` with a member `models`, one hides the other."""
    for name, document in documents(open_doors):
        for schema, described in document["components"]["schemas"].items():
            own = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", schema).lower()
            assert own not in described.get("properties", {}), f"{name}: {schema}"
            assert own not in TAKEN, f"{name}: {schema}"


def test_an_instance_has_fields_in_one_form_and_none_that_are_ignored(open_doors: OpenDoors) -> None:
    """`/schema` has all that is taken: milliseconds for dates, flat names, columns that training left out."""
    both = open_doors(service_of())
    instance = both.send("GET", "/openapi.json").json()["components"]["schemas"]["Instance"]
    fields = instance["properties"]
    assert list(fields) == [
        *("engine", "age", "doors", "colour", "fuel", "maker", "built", "sold", "wheels", "city"),
    ]
    assert list(fields["engine"]["properties"]) == ["power", "cylinders", "turbo"]
    assert (fields["built"]["type"], fields["built"]["format"]) == ("string", "date")
    assert (fields["sold"]["type"], fields["sold"]["format"]) == (["string", "null"], "date-time")
    assert fields["fuel"]["anyOf"] == [{"type": "string", "enum": ["petrol", "diesel"]}, {"type": "null"}]
    assert fields["wheels"] == {
        "type": "array",
        "items": {"type": "number", "format": "double", "exclusiveMinimum": 0},
        "minItems": 4,
        "maxItems": 4,
    }
    whole = both.send("GET", "/schema").json()["properties"]
    assert whole["built"]["type"] == ["string", "integer"]
    assert "engine.power" in whole


def test_no_operation_has_an_empty_list_of_parameters(nodes: list[Node]) -> None:
    assert [place for place, node in nodes if node.get("parameters") == []] == []
