"""Checks objects of KServe against the classes of KServe's SDK, which are made from its API: run by another Python.

An unknown field is a problem as well as a missing one and a value of another type; the classes of Kubernetes, which
KServe's contain, are those of Kubernetes' own client, whose kinds are written in a somewhat other way.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kserve.models
import kubernetes.client.models
from kserve import constants

PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object, "ResourceQuantity": str}
OBJECTS = {
    (f"{constants.KSERVE_GROUP}/v1alpha1", "ServingRuntime"): "V1alpha1ServingRuntime",
    (f"{constants.KSERVE_GROUP}/v1beta1", "InferenceService"): "V1beta1InferenceService",
}


def problems(value: Any, kind: str, place: str) -> Iterator[str]:
    """A sentence for each part of a value that is not of a kind, as the SDK writes kinds."""
    if (items := re.fullmatch(r"[Ll]ist\[(.+)\]", kind)) is not None:
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, item in enumerate(value):
            yield from problems(item, items[1], f"{place}/{number}")
    elif (values := re.fullmatch(r"[Dd]ict[(\[]str, (.+)[)\]]", kind)) is not None:
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        for name, item in value.items():
            yield from problems(item, values[1], f"{place}/{name}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (isinstance(value, bool) and kind in ("int", "float")):
            yield f"{place} is no {kind}"
    else:
        yield from of_class(value, kind, place)


def of_class(value: Any, kind: str, place: str) -> Iterator[str]:
    """The same for a kind that is a class."""
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    found = getattr(kserve.models, kind, None) or getattr(kubernetes.client.models, kind)
    attributes = {name: attribute for attribute, name in found.attribute_map.items()}
    for name in value.keys() - attributes.keys():
        yield f"{place}/{name} is unknown"
    known = {name: item for name, item in value.items() if name in attributes}
    for name, item in known.items():
        yield from problems(item, found.openapi_types[attributes[name]], f"{place}/{name}")
    try:  # The class itself knows what must be there, and some of the values that may be.
        found(**{attributes[name]: item for name, item in known.items()})
    except ValueError as error:
        yield f"{place}: {error}"


def main(path: str) -> None:
    """Print the problems of each of the objects in a file of JSON."""
    told = []
    for given in json.loads(Path(path).read_text()):
        kind = OBJECTS.get((given.get("apiVersion"), given.get("kind")))
        told.append(["it is no object of KServe"] if kind is None else list(problems(given, kind, "")))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
