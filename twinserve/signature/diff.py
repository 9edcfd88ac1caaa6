"""The changes between two signatures, and whether they break callers that send instances of the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from twinserve.signature.left_out import column_path
from twinserve.signature.signature import Constraints, Feature, FeatureType, Path, Signature

WIDER: Final = {(FeatureType.INTEGER, FeatureType.NUMBER), (FeatureType.CATEGORY, FeatureType.STRING)}
"""Changes of type after which every value that was valid still is."""
LOWER: Final = ("minimum", "exclusive_minimum", "min_length")
UPPER: Final = ("maximum", "exclusive_maximum", "max_length")


@dataclass(frozen=True)
class Change:
    """One difference, as a sentence about the feature `name`."""

    name: str
    sentence: str
    breaking: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}{' (breaking)' if self.breaking else ''}"


def diff(old: Signature, new: Signature) -> list[Change]:
    """All changes: first those of the new signature's features, in its order, then what was removed."""
    before = {feature.path: feature for feature in old.features}
    after = {feature.path: feature for feature in new.features}
    groups = {path[:end] for path in before for end in range(len(path))}
    changes: list[Change] = []
    for path, feature in after.items():
        if path in before:
            changes += _changes(before[path], feature)
        elif path[:-1] not in groups or isinstance(path[-1], int):
            # A group is required even if all of its fields are optional, and the length of a list is fixed.
            changes.append(Change(feature.name, f"a new field in a {_holder(path)} that is new", breaking=True))
        else:
            kind = "a new required field" if feature.required else "a new optional field"
            changes.append(Change(feature.name, kind, breaking=feature.required))
    gone = [feature for path, feature in before.items() if path not in after]
    changes += [_removed(feature.name, new) for feature in gone]
    known = {feature.name for feature in new.features}
    return changes + [_removed(name, new) for name in old.left_out if name not in known and name not in new.left_out]


def _removed(name: str, new: Signature) -> Change:
    if name in new.left_out:
        return Change(name, "removed, and ignored where it is sent", breaking=False)
    path = column_path(name)
    if any(feature.path[: len(path)] == path for feature in new.features):
        return Change(name, "null is no longer allowed", breaking=True)
    return Change(name, "removed, so it is refused as unknown", breaking=True)


def _holder(path: Path) -> str:
    return "list" if isinstance(path[-1], int) else "group"


def _changes(old: Feature, new: Feature) -> Iterator[Change]:
    if old.type != new.type:
        yield Change(new.name, f"{old.type} became {new.type}", breaking=(old.type, new.type) not in WIDER)
    if old.nullable != new.nullable:
        yield Change(new.name, f"null is {'now' if new.nullable else 'no longer'} allowed", breaking=old.nullable)
    if old.required != new.required:
        yield Change(new.name, f"is {'now' if new.required else 'no longer'} required", breaking=new.required)
    if old.notation != new.notation:
        yield _written(old, new)
    yield from _limits(new.name, old.constraints, new.constraints)
    yield from _values(old, new)


def _written(old: Feature, new: Feature) -> Change:
    """What changes for callers who write values as a table does."""
    was, now = old.notation, new.notation
    if now is None or (was is not None and was.form != now.form):
        return Change(new.name, "is no longer taken as its table wrote it", breaking=True)
    if was is None:
        return Change(new.name, "is now also taken as its table writes it", breaking=False)
    fewer = not set(was.nulls) <= set(now.nulls)
    kept = now.model_copy(update={"nulls": was.nulls}) == was
    return Change(new.name, "is taken as its table writes it, which has changed", breaking=fewer or not kept)


def _limits(name: str, old: Constraints, new: Constraints) -> Iterator[Change]:
    for limit, sign in (*((limit, 1) for limit in LOWER), *((limit, -1) for limit in UPPER)):
        was, now = getattr(old, limit), getattr(new, limit)
        if was != now:
            tighter = now is not None and (was is None or sign * now > sign * was)
            yield Change(name, f"{limit} {_or_none(was)} became {_or_none(now)}", breaking=tighter)
    for limit in ("pattern", "multiple_of"):
        was, now = getattr(old, limit), getattr(new, limit)
        if was != now:
            yield Change(name, f"{limit} {_or_none(was)} became {_or_none(now)}", breaking=now is not None)


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


def _values(old: Feature, new: Feature) -> Iterator[Change]:
    was, now = old.constraints.enumeration, new.constraints.enumeration
    if was is None and now is not None:
        yield Change(new.name, f"only {len(now)} values are allowed now", breaking=True)
    if was is not None and now is None:
        yield Change(new.name, "any value is allowed now", breaking=False)
    before, after = set(map(str, was or old.vocabulary)), set(map(str, now or new.vocabulary))
    if old.type is new.type is FeatureType.CATEGORY or (was and now):
        for value in sorted(before - after):
            yield Change(new.name, f"the category {value!r} is gone", breaking=True)
        for value in sorted(after - before):
            yield Change(new.name, f"the category {value!r} is new", breaking=False)
