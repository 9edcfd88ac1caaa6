"""Names for what a table's names cannot name in Python: fields, classes, modules, variables of the environment."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from pydantic import BaseModel

TAKEN: Final = frozenset(
    {*dir(BaseModel), *keyword.kwlist, *keyword.softkwlist, "datetime", "float", "int", "str", "bool"}
)
"""What a field would hide that the class or its annotations need."""
CLASSES: Final = frozenset(
    {*dir(builtins), "BaseModel", "Calendar", "Category", "Field", "Final", "Mapping", "Path", "Recipe", "Table"}
)
"""What a class would hide that its module needs."""
LOOKALIKES: Final = frozenset("lOI")
"""Names of one letter that are too easily read as digits."""
PROTECTED: Final = "model_"
"""Pydantic keeps names that begin so for itself."""
LONGEST: Final = 40
"""Characters of a name that is made here."""
SAME_IN_PLURAL: Final = ("series", "species", "ss", "us", "is")


def identifier(name: str) -> str:
    """A lower-case identifier that reads like this name: `sepal length (cm)` gives `sepal_length_cm`."""
    plain = unicodedata.normalize("NFKC", name)
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain).lower()
    # Not `\w`, which has numerals that Python allows in no name.
    joined = re.sub(r"_+", "_", "".join(c if f"a{c}".isidentifier() else "_" for c in apart)).strip("_")
    whole = joined if joined.isidentifier() else f"field_{joined}".rstrip("_")
    return whole if len(whole) <= LONGEST else whole[:LONGEST].rpartition("_")[0] or whole[:LONGEST]


def field_name(name: str, used: Collection[str]) -> str:
    """An identifier for a field: none that Pydantic or Python needs, and none that another field has."""
    plain = name if name.isidentifier() and name == name.lower().strip("_") and name.isascii() else identifier(name)
    if plain.startswith(PROTECTED):
        plain = f"its_{plain}"
    if plain in TAKEN or plain in LOOKALIKES:
        plain = f"{plain}_"
    return _numbered(plain, used)


def class_name(name: str, used: Collection[str]) -> str:
    """A name for a class: `home address` gives `HomeAddress`."""
    joined = "".join(part[:1].upper() + part[1:] for part in identifier(name).split("_"))
    hides = joined in CLASSES or not joined[:1].isupper()  # In a script without capitals it would be the field's name.
    return _numbered(f"{joined}Group" if hides else joined, used)


def singular(name: str) -> str:
    """The name of one of these: `loans` gives `loan`; anything but a plain English plural stays."""
    if name.endswith(SAME_IN_PLURAL) or not name.endswith("s"):
        return name
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1]


def module_name(name: str) -> str:
    """The module of a model: `loans-2024` gives `loans_2024`."""
    plain = name.replace("-", "_").strip("_")
    return "recipe" if not plain.isidentifier() or keyword.iskeyword(plain) else plain


def variable_name(name: str) -> str:
    """The environment variable for a model's data: `loans` gives `LOANS_DATA`; never one of the server's settings."""
    plain = name.replace("-", "_").upper()
    return "MODEL_DATA" if plain[0].isdigit() or plain.startswith("TWINSERVE") else f"{plain}_DATA"


def _numbered(name: str, used: Collection[str]) -> str:
    number, free = 2, name
    while free in used:
        free, number = f"{name}_{number}" if name.islower() else f"{name}{number}", number + 1
    return free
