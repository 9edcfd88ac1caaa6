"""What a notebook shows of a model, as HTML in which every text is escaped: its metrics, what was noted, its input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from twinserve.card.caveats import caveats
from twinserve.signature import Constraints, Feature
from twinserve.signature.timestamps import seen_bounds

if TYPE_CHECKING:
    from twinserve.inprocess.model import Model

MOST_FEATURES: Final = 60
MOST_CATEGORIES: Final = 8
MOST_IMPORTANT: Final = 10
SIGNS: Final = {"minimum": "≥", "exclusive_minimum": ">", "maximum": "≤", "exclusive_maximum": "<"}
TABLE: Final = "border-collapse:collapse;margin:.4em 0;font-size:.9em"
CELL: Final = "text-align:left;padding:.15em 1.2em .15em 0;vertical-align:top"


def as_html(model: Model) -> str:
    """The model as HTML, for light and dark notebooks: it sets no colours."""
    facts = model.manifest
    training = facts.training
    features = model.signature.features
    lines = [
        f"<strong>{escape(model.name)}</strong> version {escape(model.version)}: {escape(facts.task)}"
        + (f" into {escape(_listed(model.classes))}" if model.classes else ""),
        escape(
            f"{training.estimator}, from {training.source}: {training.rows} rows, {training.holdout_rows} held out; "
            f"{facts.predictor.kind}. {facts.predictor.reason}"
        ),
    ]
    lines[1:1] = [f"<strong>{escape(caveat)}</strong>" for caveat in caveats(facts)]
    if training.refitted:
        lines.append("Refitted on all rows; the figures are of its twin, which was fitted without those held out.")
    if model.trained is not None:
        outcome = model.trained.outcome
        became = "Promoted. " if outcome.promoted else "" if model.trained.is_champion else "Not promoted. "
        lines.append(escape(f"{became}{outcome.verdict.reason}"))
    more = f"<div>and {len(features) - MOST_FEATURES} more fields</div>" if len(features) > MOST_FEATURES else ""
    return (
        "<div>"
        + "".join(f"<div>{line}</div>" for line in lines)
        + _table(["metric, on the hold-out", "model", "95 % interval", "baseline"], _metrics(model))
        + _importances(model)
        + _notes(model)
        + _table(["field", "type", "unit", "range"], [_field(feature) for feature in features[:MOST_FEATURES]])
        + f"{more}</div>"
    )


def _metrics(model: Model) -> Iterable[Sequence[str]]:
    facts = model.manifest
    for name, value in facts.metrics.items():
        interval = facts.intervals.get(name)
        between = "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"
        baseline = f"{facts.baseline[name]:.4f}" if name in facts.baseline else ""
        yield f"{name} (decides)" if name == facts.metric else name, f"{value:.4f}", between, baseline


def _importances(model: Model) -> str:
    facts = model.manifest.importances
    if facts is None or not facts.features:
        return ""
    rows = [(one.feature, f"{one.mean:.4g}", f"{one.spread:.2g}") for one in facts.features[:MOST_IMPORTANT]]
    return _table([f"field, by its importance in {model.manifest.metric}", "loss when shuffled", "spread"], rows)


def _notes(model: Model) -> str:
    """What the training noted on the table and its columns; nothing for a version from the store."""
    if model.trained is None or not model.trained.notes:
        return ""
    return _table(
        ["note", "column", ""], [(note.kind, note.column or "", note.sentence) for note in model.trained.notes]
    )


def _field(feature: Feature) -> Sequence[str]:
    kind = f"{feature.type} or null" if feature.nullable else str(feature.type)
    return feature.name, kind, feature.unit or "", "; ".join(_range(feature))


def _range(feature: Feature) -> Iterable[str]:
    """What is declared, and what training saw."""
    yield from _declared(feature.constraints)
    low, high = seen_bounds(feature)
    if low is not None:
        yield f"seen {_short(low)} to {_short(high)}"
    if feature.seen.categories is not None and not feature.constraints.enumeration:
        yield f"seen {_listed(feature.seen.categories)}"


def _declared(limits: Constraints) -> Iterable[str]:
    for name, value in limits:
        if value is None:
            continue
        if name == "enumeration":
            yield _listed([str(item) for item in value])
        elif name in SIGNS:
            yield f"{SIGNS[name]} {_short(value)}"
        else:
            yield f"{name.replace('_', ' ')} {value}"


def _short(bound: float | str | None) -> str:
    return f"{bound:.6g}" if isinstance(bound, float) else str(bound)


def _listed(texts: Sequence[str]) -> str:
    rest = f" and {len(texts) - MOST_CATEGORIES} more" if len(texts) > MOST_CATEGORIES else ""
    return ", ".join(texts[:MOST_CATEGORIES]) + rest


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f'<{tag} style="{CELL}">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"

    return f'<table style="{TABLE}">{line(head, "th")}{"".join(line(row, "td") for row in rows)}</table>'
