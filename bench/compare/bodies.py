"""About 300 bodies of our own making, each with a verdict: does it hold a tumor, by JSON and by the published schema?

Where a reasonable service may decide either way (is `"1.5"` a number?), the verdict is a choice of this project's
contract. Those are counted apart. All values that a caller would not want to see again contain `MARK`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bench.compare.model import EXAMPLE

Verdict = Literal["valid", "invalid", "choice"]
"""`choice`: this project's contract refuses it; another one may take it."""
MARK: Final = "4711"
GROUPS: Final = tuple(EXAMPLE)
FIELDS: Final = tuple((group, name) for group in EXAMPLE for name in EXAMPLE[group])
SOME: Final = FIELDS[::5]
"""One in five fields, of all three groups."""
JSON: Final = "application/json"
TEXT: Final = f"secret-{MARK}"
NUMBER: Final = 17.54711
PLACE: Final = "PLACE"


@dataclass(frozen=True)
class Body:
    """One body."""

    kind: str
    content: bytes
    verdict: Verdict
    row: tuple[float, ...] | None = None
    """The numbers that it holds, if it is valid."""
    content_type: str | None = JSON


def tumor() -> dict[str, dict[str, Any]]:
    """The example, with marks in it."""
    example: dict[str, dict[str, Any]] = copy.deepcopy({**EXAMPLE})  # type: ignore[dict-item]  # To be changed.
    for group in example.values():
        group.update({name: float(f"{group[name]:.2f}{MARK}") for name in ("perimeter", "area")})
    return example


def row_of(content: Mapping[str, Mapping[str, Any]]) -> tuple[float, ...]:
    """The numbers of a tumor."""
    return tuple(float(content[group][name]) for group, name in FIELDS)


def bodies() -> list[Body]:
    """All of them, always the same and in the same order."""
    return [body for kind in KINDS for body in kind()]


def changed(group: str, name: str, value: Any) -> dict[str, dict[str, Any]]:
    """A tumor with another value in a field."""
    content = tumor()
    content[group][name] = value
    return content


def written(group: str, name: str, text: str) -> bytes:
    """A tumor whose field is written in these characters."""
    return json.dumps(changed(group, name, PLACE)).replace(f'"{PLACE}"', text).encode()


def _valid(kind: str, content: Any, text: str | None = None, **options: Any) -> Body:
    return Body(kind, (text or json.dumps(content)).encode(), "valid", row_of(content), **options)


def _invalid(kind: str, content: Any) -> Body:
    return Body(kind, json.dumps(content).encode(), "invalid")


def numbers() -> Iterator[Body]:
    """Valid: numbers as JSON writes them."""
    for group, name in FIELDS:
        yield _valid("a whole number", changed(group, name, 12))
    for (group, name), text in zip(
        FIELDS,
        ("0", "-0", "-0.0", "1E1", "1e+1", "1e-300", "-3.5", "1000000", "1e6", "12.50000000000000000000000000001",
         "0.1e2", "123456789012345678901234567890", "-0e0", "2.5E-3", "9007199254740993"),
        strict=False,
    ):  # fmt: skip
        content = changed(group, name, float(text))
        yield Body("a number in another form", written(group, name, text), "valid", row_of(content))


def forms() -> Iterator[Body]:
    """Valid: the same tumor, written in other ways."""
    content = tumor()
    reversed_ = {group: dict(reversed(content[group].items())) for group in reversed(content)}
    yield _valid("keys in another order", content, json.dumps(reversed_))
    yield _valid("blanks and lines", content, json.dumps(content, indent=4))
    yield _valid("no blanks", content, json.dumps(content, separators=(",", ":")))
    yield _valid("tabs and carriage returns", content, json.dumps(content).replace(" ", "\t\r\n"))
    for plain, escaped in (("radius", r"\u0072adius"), ("mean", r"\u006dean"), ("worst", r"wors\u0074")):
        yield _valid("an escaped key", content, json.dumps(content).replace(f'"{plain}"', f'"{escaped}"'))
    for media in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        yield _valid("a media type in another form", content, content_type=media)
    for size in (1_000, 10_000, 100_000, 1_000_000):
        yield _valid("many blanks", content, json.dumps(content) + " " * size)
    for place in range(1, 21):
        moved = {
            group: {name: value * (1 + place / 100) for name, value in content[group].items()} for group in content
        }
        yield _valid("another tumor", moved)


def types() -> Iterator[Body]:
    """Invalid: a value of another type."""
    for group, name in SOME:
        for value in (TEXT, "", [], {}, [NUMBER], {"value": NUMBER}):
            yield _invalid("another type", changed(group, name, value))
    for group in GROUPS:
        others: tuple[Any, ...] = (NUMBER, TEXT, [], {}, [NUMBER] * 10, True)
        yield from (_invalid("a group of another type", {**tumor(), group: value}) for value in others)
    for top in (None, NUMBER, TEXT, True, [], [NUMBER, NUMBER], {}, {"tumor": tumor()}):
        yield _invalid("another type at the top", top)


def nulls() -> Iterator[Body]:
    """Invalid: null."""
    for group, name in FIELDS[::3]:
        yield _invalid("null", changed(group, name, None))
    for group in GROUPS:
        yield _invalid("null", tumor() | {group: None})


def missing() -> Iterator[Body]:
    """Invalid: a field or a group is missing."""
    for group, name in FIELDS[::2]:
        content = tumor()
        del content[group][name]
        yield _invalid("a missing field", content)
    for group in GROUPS:
        yield _invalid("a missing group", {other: part for other, part in tumor().items() if other != group})
    yield _invalid("a misspelt field", json.loads(json.dumps(tumor()).replace("radius", "raduis")))


def not_finite() -> Iterator[Body]:
    """Invalid: what is no finite number; the words are no JSON either."""
    for group, name in SOME:
        for text in ("NaN", "Infinity", "-Infinity"):
            yield Body("NaN or Infinity", written(group, name, text), "invalid")
    for group, name in SOME[:3]:
        for text in ("1e400", "-1e400", "1" * 400):
            yield Body("beyond a double", written(group, name, text), "invalid")
        for text in ('"NaN"', '"Infinity"', '"-inf"'):
            yield Body("NaN or Infinity as text", written(group, name, text), "invalid")
    yield Body("beyond a double", written(*SOME[0], "9" * 5_000), "invalid")


def malformed() -> Iterator[Body]:
    """Invalid: not JSON."""
    whole = json.dumps(tumor()).encode()
    for share in range(1, 10):
        yield Body("cut off", whole[: len(whole) * share // 10], "invalid")
    for text in ("017.5", "+17.5", ".5", "5.", "0x1F", "1e", "1,5", "1_000", "--1", "'1'", "None", "True", "undefined"):
        yield Body("no number of JSON", written(*SOME[1], text), "invalid")
    endings = (b",", b"}", b"{}", b"null", b"// end", f' "{TEXT}"'.encode())
    yield from (Body("more after the end", whole + ending, "invalid") for ending in endings)
    yield Body("a comma at the end", whole[:-1] + b",}", "invalid")
    yield Body("single quotes", whole.replace(b'"', b"'"), "invalid")
    yield Body("no quotes", whole.replace(b'"', b""), "invalid")
    yield Body("a comment", b"/* tumor */" + whole, "invalid")
    yield Body("nothing", b"", "invalid")
    yield Body("only blanks", b"  \n", "invalid")


def encodings() -> Iterator[Body]:
    """Other encodings. RFC 8259 lets a receiver ignore a byte order mark, and says UTF-8 for the rest."""
    text = json.dumps(tumor())
    yield Body("a byte order mark", b"\xef\xbb\xbf" + text.encode(), "choice")
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Body("UTF-16 or UTF-32", text.encode(name), "invalid")
    for wrong in (b"\xff", b"\xc3\x28", b"\xc0\xaf", "ü".encode("latin-1")):
        yield Body("not UTF-8", text.encode().replace(b"{", b'{"note": "' + wrong + b'", ', 1), "invalid")
    for half in (r"\ud800", r"\udfff x"):
        yield Body("half a surrogate pair", text.replace("{", f'{{"{half}": 1, ', 1).encode(), "choice")


def duplicates() -> Iterator[Body]:
    """Choice: a key twice. RFC 8259 says that names should be unique, RFC 7493 that they must be."""
    for group, name in SOME:
        twice = f'{json.dumps(tumor()[group][name])}, "{name}": '
        yield Body("a key twice", written(group, name, f"{twice}{NUMBER}"), "choice")
        yield Body("a key twice", written(group, name, f"{twice}{tumor()[group][name]}"), "choice")
    whole = json.dumps(tumor())
    for group in GROUPS:
        again = whole[:-1] + f', "{group}": {json.dumps(tumor()[group])}}}'
        yield Body("a group twice", again.encode(), "choice")


def lenient() -> Iterator[Body]:
    """Choice: what some services read as numbers, though JSON Schema does not."""
    for group, name in SOME:
        for value in (str(NUMBER), f" {NUMBER} ", True, False):
            kind = "a boolean as a number" if isinstance(value, bool) else "a number as text"
            yield Body(kind, json.dumps(changed(group, name, value)).encode(), "choice")


def extra() -> Iterator[Body]:
    """Choice: a field more than asked for."""
    for key, value in (("note", TEXT), ("id", NUMBER), ("patient", {"name": TEXT}), ("tags", [TEXT]), ("", None)):
        yield Body("an unknown field", json.dumps(tumor() | {key: value}).encode(), "choice")
        for group in GROUPS:
            yield Body("an unknown field", json.dumps(changed(group, key, value)).encode(), "choice")


def media() -> Iterator[Body]:
    """Choice: JSON that is not said to be JSON."""
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        yield Body("another media type", json.dumps(tumor()).encode(), "choice", content_type=content_type)


def sizes() -> Iterator[Body]:
    """Invalid: deep, long and many."""
    for depth in (50, 500, 5_000, 100_000):
        yield Body("nested deeply", written("mean", "radius", "[" * depth + "]" * depth), "invalid")
        yield Body("nested deeply", written("worst", "area", '{"a":' * depth + "1" + "}" * depth), "invalid")
        yield Body("nested deeply, and cut off", b"[" * depth, "invalid")
    for size in (10_000, 1_000_000):
        yield _invalid("a long text", changed("mean", "radius", TEXT * (size // len(TEXT))))
        yield _invalid("many values", changed("mean", "radius", [NUMBER] * (size // 10)))
        yield _invalid("many keys", changed("mean", "radius", {f"key{number}": 1 for number in range(size // 100)}))


KINDS: Final = (
    numbers, forms, types, nulls, missing, not_finite, malformed, encodings, duplicates, lenient, extra, media, sizes,
)  # fmt: skip
