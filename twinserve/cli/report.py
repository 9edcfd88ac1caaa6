"""The report of a training: tables for people, one JSON document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from twinserve.card.card import feature_kind
from twinserve.card.caveats import caveats, is_weak
from twinserve.cli.next_step import next_step
from twinserve.cli.pasted import pasted
from twinserve.cli.tables import table
from twinserve.estimators.calendar import calendar_parts
from twinserve.release.steps import Trained
from twinserve.signature import Signature
from twinserve.store.manifest import Manifest

MOST_COLUMNS: Final = 60
LONGEST_NAME: Final = 40
MOST_IMPORTANT: Final = 6
STYLES: Final = {"leak": "bold red", "dropped": "yellow", "warning": "yellow", "fact": "dim"}


def as_json(trained: Trained) -> Mapping[str, Any]:
    """The report as values that JSON holds."""
    facts, fitted = trained.manifest, trained.fitted
    parts = calendar_parts(fitted.pipeline)
    return {
        "model": facts.name,
        "version": trained.version,
        "is_new": trained.is_new,
        "folder": str(trained.folder),
        "task": facts.task,
        "classes": None if facts.classes is None else list(facts.classes),
        "targets": {name: None if classes is None else list(classes) for name, classes in facts.targets.items()},
        "quantiles": list(facts.quantiles),
        "rows": facts.training.rows,
        "holdout_rows": facts.training.holdout_rows,
        "source": facts.training.source,
        "data_fingerprint": facts.training.data_fingerprint,
        "fitted_with": facts.training.fitted_with,
        "evaluated_on": facts.training.evaluated_on,
        "split": None if facts.training.split is None else facts.training.split.model_dump(),
        "refitted": facts.training.refitted,
        "seed": facts.training.seed,
        "notes": [asdict(note) for note in trained.notes],
        "columns": [
            {"name": f.name, "type": str(f.type), "nullable": f.nullable, "parts": list(parts.get(f.name, ()))}
            for f in trained.data.signature.features
        ],
        "decision": None if facts.training.decision is None else facts.training.decision.model_dump(),
        "metric": facts.metric,
        "candidates": [
            {
                "name": name,
                facts.metric: score,
                "spread": fitted.spreads.get(name),
                "tried": fitted.tried.get(name, 1),
                "chosen": name == fitted.name,
                "given_up_after": fitted.given_up.get(name),
            }
            for name, score in fitted.scores.items()
        ],
        "failed_candidates": dict(fitted.failed),
        "improvements": [asdict(choice) for choice in fitted.choices],
        "warnings": list(fitted.warnings),
        "metrics": {
            name: {"value": value, "interval": facts.intervals.get(name), "baseline": facts.baseline.get(name)}
            for name, value in facts.metrics.items()
        },
        "importances": None if facts.importances is None else facts.importances.model_dump(),
        "caveats": list(caveats(facts)),
        "weak": is_weak(facts),
        "predictor": facts.predictor.model_dump(),
        "promoted": trained.outcome.promoted,
        "passed": trained.outcome.verdict.passed,
        "reason": trained.outcome.verdict.reason,
        "champion_score": trained.outcome.verdict.champion_score,
        "challenger_score": trained.outcome.verdict.challenger_score,
        "lower_bound": trained.outcome.verdict.lower_bound,
        "changes": [asdict(change) for change in trained.outcome.verdict.changes],
        "champion": trained.outcome.champion,
        "hold": None if trained.outcome.hold is None else asdict(trained.outcome.hold),
        "next": next_step(trained.folder, trained.data.signature) if trained.is_champion else [],
        "seconds": round(trained.seconds, 3),
    }


def show(trained: Trained, console: Console) -> None:
    """Print the report as tables."""
    for part in _parts(trained):
        console.print(part, soft_wrap=isinstance(part, str))


def _parts(trained: Trained) -> Iterator[RenderableType]:
    facts = trained.manifest
    yield from (f"[bold red]{escape(caveat)}[/]" for caveat in caveats(facts))
    yield f"[bold]{escape(facts.name)}[/]  {escape(_rows(facts))} ({escape(facts.training.source)})"
    for note in trained.notes:
        if note.kind == "dropped" and isinstance(trained.recipe.input, Signature):
            continue  # It is among the columns.
        where = f"{escape(note.column)}: " if note.column else ""
        yield f"[{STYLES[note.kind]}]{note.kind:<8}[/] {where}{escape(note.sentence)}"
    for warning in trained.fitted.warnings:
        yield f"[yellow]warning [/] {escape(warning)}"
    if isinstance(trained.recipe.input, Signature):  # Otherwise a Pydantic class declares the columns.
        yield ""
        yield from _columns(trained)
    if trained.fitted.scores:
        yield ""
        yield _candidates(trained)
    for name, reason in trained.fitted.failed.items():
        yield f"[yellow]failed  [/] {escape(name)}: {escape(reason)}"
    for choice in trained.fitted.choices:
        verdict = "kept" if choice.kept else "not kept"
        yield f"{choice.what}: {choice.measure} {choice.before:.4f} -> {choice.after:.4f}, {verdict}"
    yield ""
    yield _metrics(facts) if facts.metrics else f"{facts.metric} and the other metrics: not measured"
    yield from _importances(facts)
    yield ""
    yield from _answers(facts)
    yield f"version    {trained.version} of {trained.manifest.name} in {escape(str(trained.folder))}"
    if not trained.is_new:
        yield "           It was there before with the same result, so no new version was made."
    yield from _verdict(trained)
    if trained.is_champion:
        yield "\n[bold]next[/]"
        yield from map(escape, next_step(trained.folder, trained.data.signature))


def _importances(facts: Manifest) -> Iterator[str]:
    if facts.importances is not None and facts.importances.features:
        shown = [f"{one.feature} ({one.mean:.3g})" for one in facts.importances.features[:MOST_IMPORTANT]]
        yield f"matters    {escape(', '.join(shown))}: loss in {escape(facts.metric)} when shuffled"


def _answers(facts: Manifest) -> Iterator[str]:
    """How labels are decided, where somebody said so, and what predicts."""
    if facts.training.decision is not None:
        yield f"label      {escape(facts.training.decision.sentence)}"
    yield f"predictor  {facts.predictor.kind}: {escape(facts.predictor.reason)}"


def _rows(facts: Manifest) -> str:
    training = facts.training
    if training.evaluated_on == "nothing":
        return "no rows"
    rows = f"{training.rows - training.holdout_rows} rows to learn from, {training.holdout_rows} held out"
    if training.split is not None:
        rows += f": {training.split.sentence}"
    return f"{rows}; refitted on all {training.rows}" if training.refitted else rows


def _verdict(trained: Trained) -> Iterator[str]:
    outcome, verdict = trained.outcome, trained.outcome.verdict
    if verdict.changes:
        yield "input      " + "\n           ".join(escape(str(change)) for change in verdict.changes)
    if verdict.champion_score is not None and verdict.challenger_score is not None:
        yield f"gate       champion {verdict.champion_score:.4f}, challenger {verdict.challenger_score:.4f}"
    yield f"champion   {outcome.champion or 'none yet'} ({_became(trained)})  {escape(verdict.reason)}"
    if outcome.hold:
        promote = pasted("promote", trained.folder.parent, str(trained.version))
        yield f"hold       {outcome.hold}; {escape(promote)} lets go of it, and so does --release."


def _became(trained: Trained) -> str:
    outcome = trained.outcome
    if trained.is_champion and not outcome.promoted:
        return "[green]as before[/]"
    if outcome.promoted:
        return "[green]promoted[/]"
    if outcome.hold:
        return "[yellow]not promoted, as a rollback holds it[/]"
    if outcome.verdict.passed:  # So --no-promote was given.
        return "[yellow]not promoted because of --no-promote; it passed the gate[/]"
    return "[yellow]not promoted[/]"


def _columns(trained: Trained) -> Iterator[str]:
    """One line for each column of the table and what it became; lines and no table, so that no text is cut off."""
    parts = calendar_parts(trained.fitted.pipeline)
    kept = [(f.name, feature_kind(f, parts.get(f.name, ()))) for f in trained.data.signature.features]
    left = [(note.column or "", f"left out: {note.sentence}") for note in trained.notes if note.kind == "dropped"]
    shown = [*kept, *left][:MOST_COLUMNS]
    width = min(LONGEST_NAME, max(len(name) for name, _ in shown))
    for name, became in shown:
        yield f"column   {escape(f'{name:<{width}}')}  {escape(became)}"
    if more := len(kept) + len(left) - len(shown):
        yield f"column   and {more} more, which the card lists"


def _candidates(trained: Trained) -> Table:
    fitted, metric = trained.fitted, trained.manifest.metric
    searched = any(tried > 1 for tried in fitted.tried.values())
    heads = ["candidate", f"{metric}, cross-validated", *(["tried"] if searched else []), ""]
    rows = []
    for name, score in fitted.scores.items():
        spread = f" ± {fitted.spreads[name]:.4f}" if name in fitted.spreads else ""
        tried = [str(fitted.tried.get(name, 1))] if searched else []
        rows.append([name, f"{score:.4f}{spread}", *tried, fitted.verdict(name)])
    return _table(heads, rows)


def _metrics(facts: Manifest) -> Table:
    rows = []
    for name, value in facts.metrics.items():
        low, high = facts.intervals.get(name, (float("nan"), float("nan")))
        other = f"{facts.baseline[name]:.4f}" if name in facts.baseline else ""
        shown = "brier (0 to 2)" if name == "brier" else name
        rows.append([shown, f"{value:.4f}", f"{low:.4f} to {high:.4f}", other, "decides" * (name == facts.metric)])
    return _table(["on the hold-out", "model", "95 % interval", "baseline", ""], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return table(heads, rows, right=range(1, len(heads) - 1), no_wrap=True)
