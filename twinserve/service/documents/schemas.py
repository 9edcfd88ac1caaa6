"""The parts of which the schemas in the documents are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

Document = dict[str, Any]
TEXT: Final[Document] = {"type": "string"}
NUMBER: Final[Document] = {"type": "number", "format": "double"}
"""Said so, as generated clients would read and write numbers as single floats."""
COUNT: Final[Document] = {"type": "integer", "format": "int64"}
FLAG: Final[Document] = {"type": "boolean"}
ANY_OBJECT: Final[Document] = {"type": "object", "additionalProperties": True}
"""Said so, as some generators take an object of which nothing is said for an empty one."""


def object_of(properties: Document, optional: tuple[str, ...] = ()) -> Document:
    """An object with these members, all of them but the optional ones required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def or_null(schema: Document) -> Document:
    """A value of this schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Document) -> Document:
    """An array of values of this schema."""
    return {"type": "array", "items": schema}


def named(name: str) -> Document:
    """The component of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(texts: Sequence[str]) -> Document:
    """One of these texts."""
    return {"type": "string", "enum": [*texts]}


def always(text: str) -> Document:
    """This text."""
    return {"type": "string", "const": text}
