"""Python types of a model's instances and answers, as source for type checkers."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.signature import FeatureTree, is_array

HEAD: Final = '''\
"""The instances and answers of a model, written by `python -m twinserve.client types`.

Write it again for a version with another input.
"""
# The model {name}, version {version}.

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


'''
TYPES: Final[Mapping[FeatureType, str]] = {
    FeatureType.NUMBER: "float",
    FeatureType.INTEGER: "int",
    FeatureType.BOOLEAN: "bool",
    FeatureType.STRING: "str",
    FeatureType.CATEGORY: "str",
    FeatureType.DATE: "str",
    FeatureType.DATETIME: "str",
}
FINDING: Final = {"pointer": "str", "code": "str", "detail": "str"}
TAKEN: Final = ("Answer", "Answers", "Finding", "Interval", "LabelSet", "Labels", "Literal", "NotRequired")
WORD: Final = re.compile(r"[^\W_]+")


def type_source(signature: Signature, model: Mapping[str, Any]) -> str:
    """The module: `Instance`, `Answer` (of one instance), `Answers` (of a list), and what they are made of.

    `model` is the answer of `GET /model`."""
    source = _Source()
    source.alias_or_class("Instance", signature.tree())
    members = _members(source, model)
    source.add("Finding", FINDING)
    members["warnings"] = "list[Finding]"
    source.add("Prediction", members)
    source.add("Answer", {"model": "str", "version": "str", **members})
    source.add("Answers", {"model": "str", "version": "str", "predictions": "list[Prediction]"})
    name, version = (_quoted(str(model.get(key))) for key in ("name", "version"))
    return HEAD.format(name=name, version=version) + "\n\n".join(source.parts)


class _Source:
    """The classes so far, each after those that it names."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._names = {"Instance", "Prediction", "TypedDict", *TAKEN}

    def alias_or_class(self, name: str, tree: FeatureTree) -> None:
        """The type of this name: a class of an object's fields, or an alias of a list's."""
        if is_array(tree):
            self.parts.append(f"{name} = {self._of(tree, name)}\n")
        else:
            self.add(name, {str(part): self._of(child, str(part)) for part, child in tree.items()})

    def _of(self, node: FeatureTree | Feature, part: str) -> str:
        if isinstance(node, Feature):
            return _leaf(node)
        if is_array(node):
            return f"tuple[{', '.join(self._of(child, part) for child in node.values())}]"
        name = self.fresh(part)
        self.alias_or_class(name, node)
        return name

    def fresh(self, wanted: str) -> str:
        """A name for a class that no other one has."""
        words = "".join(word[0].upper() + word[1:] for word in WORD.findall(wanted))
        stem = words if words.isidentifier() and not keyword.iskeyword(words) else f"Group{words}"
        stem = stem if stem.isidentifier() else "Group"
        names = (stem if number == 1 else f"{stem}{number}" for number in range(1, len(self._names) + 2))
        name = next(name for name in names if name not in self._names)
        self._names.add(name)
        return name

    def add(self, name: str, members: Mapping[str, str]) -> str:
        """A class with these members; by a call where a name is none that a class may have."""
        if all(part.isidentifier() and not keyword.iskeyword(part) and not part.startswith("__") for part in members):
            lines = [f"    {part}: {kind}\n" for part, kind in members.items()] or ["    pass\n"]
            self.parts.append(f"class {name}(TypedDict):\n{''.join(lines)}")
        else:
            lines = [f"        {_quoted(part)}: {kind},\n" for part, kind in members.items()]
            self.parts.append(f'{name} = TypedDict(\n    "{name}",\n    {{\n{"".join(lines)}    }},\n)\n')
        return name


def _leaf(feature: Feature) -> str:
    values = feature.constraints.enumeration
    kind = _literal(map(str, values)) if values and feature.type is FeatureType.CATEGORY else TYPES[feature.type]
    kind = f"{kind} | None" if feature.nullable else kind
    return kind if feature.required else f"NotRequired[{kind}]"


def _members(source: _Source, model: Mapping[str, Any]) -> dict[str, str]:
    """What a prediction of this task says, by `GET /model`."""
    targets: Sequence[Mapping[str, Any]] = model.get("targets") or ()
    match model.get("task"):
        case "anomaly":
            return {"label": _literal(["inlier", "outlier"]), "score": "float"}
        case "multi-output":
            return _of_several(source, targets)
        case "regression":
            levels = model.get("quantiles") or ()
            others = [f"{level:g}" for place, level in enumerate(levels) if place != len(levels) // 2]
            names = dict.fromkeys(others, "float")
            more = {"quantiles": source.add(source.fresh("Quantiles"), names)} if others else {}
            interval = source.add("Interval", dict.fromkeys(("coverage", "low", "high"), "float"))
            return {"value": "float", **more, "interval": f"NotRequired[{interval}]"}
    classes = [str(label) for label in model.get("classes") or ()]
    label = _literal(classes) if classes else "str"
    shares = source.add(source.fresh("Probabilities"), dict.fromkeys(classes, "float"))
    labels = source.add("LabelSet", {"coverage": "float", "labels": f"list[{label}]"})
    return {"label": label, "probabilities": f"{shares} | None", "set": f"NotRequired[{labels}]"}


def _of_several(source: _Source, targets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """One entry for each named target."""
    classes = {str(target["name"]): [str(label) for label in target.get("classes") or ()] for target in targets}
    if not any(classes.values()):
        return {"values": source.add(source.fresh("Values"), dict.fromkeys(classes, "float"))}
    each = {name: source.add(source.fresh(f"Of {name}"), dict.fromkeys(own, "float")) for name, own in classes.items()}
    labels = source.add("Labels", {name: _literal(own) for name, own in classes.items()})
    shares = source.add(source.fresh("Probabilities"), each)
    return {"labels": labels, "probabilities": f"{shares} | None"}


def _literal(values: Iterable[str]) -> str:
    return f"Literal[{', '.join(map(_quoted, values))}]"


def _quoted(text: str) -> str:
    """A text as source in ASCII, so that no name can end the module's first line or its quotes."""
    return ascii(text)
