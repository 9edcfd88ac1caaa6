"""The parts of which the schemas in the documents are made."""

from __future__ import annotations

from typing import Any, Final

Document = dict[str, Any]
TEXT: Final[Document] = {"type": "string"}
NUMBER: Final[Document] = {"type": "number"}
COUNT: Final[Document] = {"type": "integer"}
FLAG: Final[Document] = {"type": "boolean"}


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
