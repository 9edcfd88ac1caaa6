"""`Posted`: a form as it was posted, and the JSON of the instance that it describes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from twinserve.service.http.problem import Problem
from twinserve.service.pages.form import Form
from twinserve.signature.signature import Feature, FeatureTree, Path, is_array

OTHERS: Final = ("example", "json", "null")
"""Names of what a form holds beside the fields: a ready example by its number, an instance as JSON, and the pointers of
the fields that are not known."""


@dataclass(frozen=True)
class Posted:
    """What was entered."""

    values: Mapping[str, str] = field(default_factory=dict)
    """By pointer; also of fields that the model does not have."""
    nulls: frozenset[str] = frozenset()
    """The pointers of the fields that are said to be not known."""
    body: str = ""
    """The instance as JSON."""
    pasted: str | None = None
    """The JSON that was pasted, whether it is any or not."""


NOTHING: Final = Posted()


def read(body: bytes, form: Form) -> Posted:
    """The posted form; raises `Problem` (400) where it is none."""
    pairs = _pairs(body, 2 * len(form.fields) + 100)
    fields = [(name, value) for name, value in pairs if name not in OTHERS]
    others = {name: value for name, value in pairs if name in ("example", "json")}
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1 and name != "null"]
    if twice or not all(name.startswith("/") for name, _ in fields):
        raise Problem("bad-request", "The body is no form of this page.")
    if "json" in others:
        return _pasted(others["json"], form)
    if "example" in others:
        return _example(others["example"], form)
    values, nulls = dict(fields), frozenset(value for name, value in pairs if name == "null")
    return Posted(values, nulls, _instance(form, values, nulls))


def _pairs(body: bytes, most: int) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise Problem("bad-request", f"The body must be a form in UTF-8 of at most {most} fields.") from None


def filled(instance: Any, form: Form) -> tuple[dict[str, str], frozenset[str]]:
    """What to enter for this instance, and the fields that are not known; what the form cannot hold is left out."""
    values: dict[str, str] = {}
    nulls: set[str] = set()
    for name, shown in form.fields.items():
        found, node = True, instance
        for part in shown.feature.path:
            found = isinstance(node, list) and isinstance(part, int) and part < len(node)
            found = found or (isinstance(node, dict) and part in node)
            if not found:
                break
            node = node[part]
        if (found and node is None) or not (found or shown.feature.required):
            nulls.add(name)
        elif found and not isinstance(node, dict | list):
            values[name] = _text(node)
    return values, frozenset(nulls)


def _example(number: str, form: Form) -> Posted:
    if not (number.isascii() and number.isdigit()) or len(number) > 4 or int(number) >= len(form.examples):
        raise Problem("bad-request", "There is no such example.")
    instance = form.examples[int(number)].instance
    values, nulls = filled(instance, form)
    return Posted(values, nulls, _instance(form, values, nulls))


def _pasted(text: str, form: Form) -> Posted:
    try:
        instance = json.loads(text, parse_float=_Number, parse_int=_Number)
    except (ValueError, RecursionError):
        instance = None  # The service says what is wrong with it.
    values, nulls = filled(instance, form)
    return Posted(values, nulls, text, text)


class _Number(str):
    """A number with the digits that were sent."""


def _text(value: Any) -> str:
    """A value as it is entered; half a surrogate pair, which JSON can name and no page can hold, as `?`."""
    text = value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, float) and text != "-0.0":
        text = text.removesuffix(".0")
    return text.encode(errors="replace").decode()


def _instance(form: Form, values: Mapping[str, str], nulls: frozenset[str]) -> str:
    """The JSON of an instance with these values, one line for each group; unknown fields included."""
    unknown: dict[Path, dict[str, str]] = {}
    for name in values.keys() - form.fields.keys():
        path, key = _owner(form.tree, name)
        unknown.setdefault(path, {})[key] = json.dumps(values[name], ensure_ascii=False)

    def written(tree: FeatureTree, path: Path, indent: str) -> str:
        deeper = indent + "  "
        parts: dict[str, str] = {}
        for part, child in tree.items():
            if isinstance(child, Feature):
                shown = form.fields[child.pointer]
                text = shown.json_text(values.get(child.pointer, ""), is_null=child.pointer in nulls)
            else:
                text = written(child, (*path, part), deeper)
            if text is not None:
                parts[str(part)] = text
        parts |= {key: text for key, text in sorted(unknown.get(path, {}).items()) if key not in parts}
        if is_array(tree):
            return f"[{', '.join(parts.values())}]"
        lines = ",\n".join(f"{deeper}{json.dumps(key, ensure_ascii=False)}: {text}" for key, text in parts.items())
        return f"{{\n{lines}\n{indent}}}" if parts else "{}"

    return written(form.tree, (), "")


def _owner(tree: FeatureTree, name: str) -> tuple[Path, str]:
    """The group that an unknown field would be in, and its key there."""
    path: list[str | int] = []
    parts = [part.replace("~1", "/").replace("~0", "~") for part in name[1:].split("/")]
    for part in parts:
        child = tree.get(part)
        if child is None and not is_array(tree):
            return tuple(path), part
        if child is None or isinstance(child, Feature):
            break
        path.append(part)
        tree = child
    raise Problem("bad-request", "The body is no form of this page.")
