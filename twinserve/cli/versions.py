"""What the verbs do: show the versions of a model, and choose the champion, the version that serves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from twinserve.cli.next_step import next_step
from twinserve.cli.pasted import pasted
from twinserve.errors import ArtifactRefused, RegistryError
from twinserve.signature import diff
from twinserve.store.artifact import NO_TRUST, LoadedArtifact, Trust, open_version, read_manifest
from twinserve.store.manifest import Manifest
from twinserve.store.models import no_such_model
from twinserve.store.promotions import Hold
from twinserve.store.registry import Registry

HEADS: Final = ("version", "", "made", "decides", "predictor", "estimator", "from")
"""Of the table of versions."""
MOST_IMPORTANT: Final = 10
"""Features that are shown with their importance."""


@dataclass(frozen=True)
class VerbResult:
    """The result of a verb: lines to print, values for `--json`, and whether it succeeded."""

    lines: list[str]
    values: Any
    done: bool = True
    table: Sequence[Sequence[str]] = ()
    """What a terminal shows in place of as many lines, beginning with the heads of the columns."""


@dataclass(frozen=True)
class Arguments:
    """A verb's arguments."""

    versions: tuple[int, ...] = ()
    keep: int = 5
    trust: Trust = NO_TRUST
    named: bool = False
    """Was the model named, so that it must be there?"""


def list_versions(registry: Registry, arguments: Arguments) -> VerbResult:
    """Every version in one line; last an error, where the champion file is damaged.

    Where there is none, that is an error only for a model that was named."""
    if not registry.versions() and not arguments.named:
        return VerbResult([no_such_model(registry.folder.parent, registry.name)], [])
    registry.require_versions()
    champion, hold, told, is_known = None, None, list[str](), True
    try:
        champion, hold = _standing(registry)
    except RegistryError as error:  # Its text advises to promote a version.
        told, is_known = [str(error)], False
    if hold is not None:
        told = [f"{hold}; {_letting_go(registry)}"]
    values = [
        {"version": version, "champion": version == champion, "hold": _as_json(hold) if version == champion else None}
        | _facts(registry, version)
        for version in registry.versions()
    ]
    mark = "champion" if hold is None else "champion, held"
    lines = [
        f"{value['version']:>5}  {mark if value['champion'] else '':<{len(mark)}}  {value['summary']}"
        for value in values
    ]
    rows = [
        (str(value["version"]), mark if value["champion"] else "", *_cells(registry, value["version"]))
        for value in values
    ]
    return VerbResult([*lines, *told], values, done=is_known, table=[HEADS, *rows])


def show(registry: Registry, arguments: Arguments) -> VerbResult:
    """The facts of one version."""
    version = arguments.versions[0] if arguments.versions else registry.require_champion().version
    folder = registry.require(version)
    facts = read_manifest(folder)
    champion, hold = _standing(registry)
    mark = "" if version != champion else " (champion)" if hold is None else f" (champion, held since {hold.since})"
    lines = [f"version    {version}{mark}", *_described(facts)]
    return VerbResult(
        [*lines, f"card       {folder / 'card.md'}"], {"version": version} | facts.model_dump(mode="json")
    )


def compare(registry: Registry, arguments: Arguments) -> VerbResult:
    """What differs between two versions: input, metrics, proof."""
    old, new = (open_version(registry.require(version), arguments.trust) for version in arguments.versions)
    changes = diff(old.signature, new.signature)
    lines = [str(change) for change in changes] or ["the same input"]
    names = [*dict.fromkeys([*old.manifest.metrics, *new.manifest.metrics])]
    metrics = {name: (old.manifest.metrics.get(name), new.manifest.metrics.get(name)) for name in names}
    lines += [f"{name:<18} {_number(was)} -> {_number(now)}" for name, (was, now) in metrics.items()]
    lines += [f"predictor          {one.manifest.predictor.reason}" for one in (old, new)]
    values = {"changes": [vars(change) for change in changes], "metrics": metrics}
    return VerbResult(lines, values)


def promote(registry: Registry, arguments: Arguments) -> VerbResult:
    """Check a version and make it the champion, without the gate; a hold ends."""
    (version,) = arguments.versions
    opened = open_version(registry.require(version), arguments.trust)
    hold = None
    with contextlib.suppress(RegistryError):  # Promoting mends a damaged champion file.
        hold = _standing(registry)[1]
    registry.promote(version)
    ended = "" if hold is None else f" The hold since {hold.since} at version {hold.version} has ended."
    commands = next_step(registry.path(version), opened.signature)
    lines = [f"Version {version} of {registry.name} is the champion.{ended}", "", "next", *commands]
    return VerbResult(lines, {"champion": version, "next": commands})


def rollback(registry: Registry, arguments: Arguments) -> VerbResult:
    """Check the champion's predecessor and make it the champion again, held until somebody lets go of it."""
    before = registry.predecessor()
    if before is not None:
        open_version(registry.require(before), arguments.trust)
    hold = registry.rollback()
    lines = [
        f"Version {hold.version} of {registry.name} is the champion again, and held: a training registers its version "
        "and does not promote it.",
        _letting_go(registry),
    ]
    return VerbResult(lines, {"champion": hold.version, "hold": _as_json(hold)})


def verify(registry: Registry, arguments: Arguments) -> VerbResult:
    """Check the files and replay the golden rows of the given versions, or of all."""
    registry.require_versions()
    outcomes = list(_verified(registry, arguments))
    lines = [f"{version:>5}  {'ok' if reason is None else reason}" for version, reason in outcomes]
    values = [{"version": version, "ok": reason is None, "reason": reason} for version, reason in outcomes]
    return VerbResult(lines, values, all(reason is None for _, reason in outcomes))


def prune(registry: Registry, arguments: Arguments) -> VerbResult:
    """Remove old versions, never the champion nor its predecessor."""
    registry.require_versions()
    removed = registry.prune(arguments.keep)
    listed = ", ".join(map(str, removed)) or "none"
    return VerbResult([f"Removed: {listed}."], {"removed": removed})


def _verified(registry: Registry, arguments: Arguments) -> Iterator[tuple[int, str | None]]:
    for version in arguments.versions or registry.versions():
        try:
            _: LoadedArtifact = open_version(registry.require(version), arguments.trust)
        except ArtifactRefused as error:
            yield version, str(error)
        else:
            yield version, None


def _standing(registry: Registry) -> tuple[int | None, Hold | None]:
    """The champion's number, and the rollback that holds it; raises `RegistryError` if its file is damaged."""
    standing = registry.standing()
    return (None, None) if standing is None else (standing.version, standing.hold)


def _letting_go(registry: Registry) -> str:
    return f"`{pasted('promote', registry.folder, 'VERSION')}` lets go of it, and so does a training with --release."


def _as_json(hold: Hold | None) -> Mapping[str, Any] | None:
    return None if hold is None else asdict(hold)


def _facts(registry: Registry, version: int) -> dict[str, Any]:
    try:
        facts = read_manifest(registry.path(version))
    except ArtifactRefused as error:
        return {"summary": str(error)}
    decides = facts.metrics.get(facts.metric)
    training = facts.training
    how = f"{facts.predictor.kind:<12}  {training.estimator}, from {training.source}"
    return {
        "summary": f"{training.created}  {facts.metric} {_number(decides)}  {how}",
        "estimator": training.estimator,
        "source": training.source,
        "created": training.created,
        facts.metric: decides,
        "predictor": facts.predictor.kind,
    }


def _cells(registry: Registry, version: int) -> tuple[str, ...]:
    """The facts of a version for a table; the last is what it was made from, or what is wrong with it."""
    try:
        facts = read_manifest(registry.path(version))
    except ArtifactRefused as error:
        return ("", "", "", "", str(error))
    made = f"{facts.training.created[:16].replace('T', ' ')} UTC"
    score = f"{facts.metric} {_number(facts.metrics.get(facts.metric))}"
    return made, score, facts.predictor.kind, facts.training.estimator, facts.training.source


def _described(facts: Manifest) -> Iterator[str]:
    training = facts.training
    yield f"model      {facts.name}, {facts.task}{' of ' * bool(facts.targets)}{', '.join(facts.targets)}"
    yield f"made       {training.created} from {training.source}"
    held_out = "" if training.split is None else f": {training.split.sentence}"
    yield f"rows       {training.rows}, {training.holdout_rows} of them held out{held_out}"
    yield f"estimator  {training.estimator}{', refitted on all rows' if training.refitted else ''}"
    if training.decision is not None:
        yield f"label      {training.decision.sentence}"
    yield f"predictor  {facts.predictor.kind}: {facts.predictor.reason}"
    yield from (f"{name:<18} {value:.4f}" for name, value in facts.metrics.items())
    if facts.importances is not None:
        shown = facts.importances.features[:MOST_IMPORTANT]
        yield from (f"importance {one.mean:<10.4g} spread {one.spread:<8.2g} {one.feature}" for one in shown)
        if more := facts.importances.of - len(shown):
            yield f"importance of {more} more: --json and the card list those that were measured"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def ask(verb: str, registry: Registry, arguments: Arguments) -> VerbResult:
    """The result of a verb; raises a `ModelError` that says what to do."""
    return FUNCTIONS[verb](registry, arguments)


FUNCTIONS: Final[Mapping[str, Callable[[Registry, Arguments], VerbResult]]] = {
    "list": list_versions,
    "show": show,
    "diff": compare,
    "promote": promote,
    "rollback": rollback,
    "verify": verify,
    "prune": prune,
}
