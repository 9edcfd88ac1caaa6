"""The model card: the facts that a person needs before using a model.

After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from twinserve.card.caveats import caveats
from twinserve.card.coverage import coverage
from twinserve.card.document import Figures, heading, html, paragraph, picture, table
from twinserve.card.explanations import Explaining
from twinserve.card.figures import figures
from twinserve.card.importance import importance
from twinserve.card.lineage import lineage, parameters
from twinserve.card.quality import evaluated_by, measured, metrics
from twinserve.card.target_table import target_table
from twinserve.estimators.calendar import calendar_parts
from twinserve.explain.explainer import Explainer
from twinserve.predict.predictor import Predictor
from twinserve.recipes import Recipe
from twinserve.signature import Feature, Signature
from twinserve.signature.findings import range_text
from twinserve.signature.timestamps import seen_bounds
from twinserve.store.manifest import Manifest
from twinserve.training.data import Data
from twinserve.training.fit import Fitted

MARKDOWN: Final = "card.md"
HTML: Final = "card.html"
FOLDER: Final = "figures"

COMPOSED: Final = (
    "The examples are composed: each field has the median or the most frequent value of its group of rows. What occurs "
    "in fewer than five rows is counted together with its neighbours."
)
REFITTED: Final = (
    "The model that serves was fitted once more, on all rows. Metrics, figures, importances and coverage are of its "
    "twin, the same pipeline fitted without the held-out rows; the gate asks the twin, too."
)
PUBLISHED: Final = "The examples are training rows, as this training was told to publish some."


@dataclass(frozen=True)
class Subject:
    """The model that a card describes."""

    recipe: Recipe
    data: Data
    fitted: Fitted
    facts: Manifest
    predictor: Predictor
    explainer: Explainer | None
    publish_rows: bool = False
    """Are the examples that pages show training rows? Otherwise they are composed of them."""
    judged: Predictor | None = None
    """The predictor whose figures are shown; None: the one that serves."""


def card(subject: Subject) -> dict[str, bytes]:
    """The card's files: Markdown, HTML and the figures."""
    drawn, explained = _figures(subject), _explained(subject)
    title = f"Model card: {subject.facts.name}"
    markdown = "\n\n".join([heading(title, 1), *_blocks(subject, drawn, explained)]) + "\n"
    drawn = {**drawn, **explained}
    return {
        MARKDOWN: markdown.encode(),
        HTML: html(title, markdown, drawn).encode(),
        **{path: svg for path, (_, svg) in drawn.items()},
    }


def _figures(subject: Subject) -> Figures:
    data, facts = subject.data, subject.facts
    if facts.training.evaluated_on == "nothing":
        return {}
    predictions = (subject.judged or subject.predictor).predict(data.holdout.columns)
    drawn = figures(data.holdout.y_true, predictions, data.target, facts.importances)
    return {f"{FOLDER}/{name}": figure for name, figure in drawn.items()}


def _explained(subject: Subject) -> Figures:
    data = subject.data
    if subject.explainer is None or not len(data.holdout):
        return {}
    explaining = Explaining(subject.predictor, subject.explainer, data.holdout.columns, data.signature, data.classes)
    return {f"{FOLDER}/{name}": figure for name, figure in explaining.figures().items()}


def _blocks(subject: Subject, drawn: Figures, explained: Figures) -> Iterator[str]:
    facts = subject.facts
    yield from _summary(subject)
    yield heading("Quality on the hold-out")
    yield paragraph(evaluated_by(facts))
    if facts.metrics:
        yield metrics(facts)
    yield from (picture(path, caption) for path, (caption, _) in drawn.items())
    yield from importance(facts)
    if facts.explanation is not None:
        yield heading("Why an answer is what it is")
        how = "estimated by sampling" if facts.explanation.method == "shapley-sampled" else "exact"
        yield paragraph(
            f"Shapley values of the fields, {how} ({facts.explanation.method}). What they explain: "
            f"{facts.explanation.of}. {facts.explanation.reason}"
        )
        yield from (picture(path, caption) for path, (caption, _) in explained.items())
    yield from coverage(facts)
    yield heading("Data")
    yield from _data(subject)
    yield heading("Candidates")
    yield from _candidates(subject)
    yield heading("Input")
    yield _inputs(subject.data.signature, calendar_parts(subject.fitted.pipeline))
    yield heading("Predictor")
    yield from _predictor(facts)
    yield heading("Lineage")
    yield table(("", ""), [*lineage(facts), *parameters(subject.fitted.pipeline)])


def _summary(subject: Subject) -> Iterator[str]:
    facts = subject.facts
    yield from (paragraph(caveat, "Caveat.") for caveat in caveats(facts))
    yield paragraph(subject.recipe.intended_use, "Intended use.")
    yield paragraph(f"{_task(facts)}.", "Task.")
    yield paragraph(f"{measured(facts)}, {facts.training.estimator}, served {_how(facts)}.", "Summary.")
    if facts.training.refitted:
        yield paragraph(REFITTED, "Refitted.")


def _task(facts: Manifest) -> str:
    """The task, with what it predicts."""
    if facts.classes:
        return f"{facts.task.capitalize()} into {_listed(facts.classes)}"
    if facts.targets:
        return f"{facts.task.capitalize()}: {_listed((*facts.targets,))}"
    levels = tuple(f"{level:g}" for level in facts.quantiles)
    return f"{facts.task.capitalize()}{f' with the quantiles {_listed(levels)}' if levels else ''}"


def _how(facts: Manifest) -> str:
    return "as a compiled graph" if facts.predictor.kind == "compiled" else "by scikit-learn"


def _data(subject: Subject) -> Iterator[str]:
    data = subject.data
    if len(data.everything):
        yield from _rows(data)
        yield paragraph(PUBLISHED if subject.publish_rows else COMPOSED, "On the page.")
    else:
        yield paragraph(f"No rows: {data.source}. {len(data.signature.features)} features.")
    all_notes = (*subject.recipe.notes, *data.notes)
    if all_notes:
        notes = [(str(note.kind), note.column or "", note.sentence) for note in all_notes]
        yield table(("about the table", "column", ""), notes)


def _rows(data: Data) -> Iterator[str]:
    yield paragraph(
        f"{len(data.everything)} rows of {data.source} with {len(data.signature.features)} features; "
        f"{len(data.train)} to learn from, {len(data.holdout)} held out."
    )
    yield from target_table(data)


def _candidates(subject: Subject) -> Iterator[str]:
    fitted, metric = subject.fitted, subject.facts.metric
    rows = []
    for name, score in fitted.scores.items():
        spread = f" ± {fitted.spreads[name]:.4f}" if name in fitted.spreads else ""
        rows.append((name, f"{score:.4f}{spread}", str(fitted.tried.get(name, 1)), fitted.verdict(name)))
    if rows:
        yield paragraph("By cross-validation on the training rows; ± is the standard deviation over the folds.")
        yield table(("candidate", metric, "parameters tried", ""), rows)
    if fitted.failed:  # Without the reasons: an error may hold a value of the table, and a card is published.
        yield paragraph(f"{_listed(tuple(fitted.failed))}. The report of the training has the reasons.", "Failed.")
    if fitted.choices:
        choices = [
            (c.what, c.measure, f"{c.before:.4f}", f"{c.after:.4f}", "kept" if c.kept else "not kept")
            for c in fitted.choices
        ]
        yield table(("tried to improve it", "measured by", "before", "after", ""), choices)
    for warning in fitted.warnings:
        yield paragraph(warning, "Warning while fitting.")


def _inputs(signature: Signature, parts: Mapping[str, Sequence[str]]) -> str:
    heads = ("field", "type", "unit", "seen in training", "null", "meaning")
    return table(heads, [_feature(feature, parts.get(feature.name, ())) for feature in signature.features])


def _feature(feature: Feature, parts: Sequence[str]) -> tuple[str, ...]:
    seen = feature.seen
    facts = _listed(seen.categories) if seen.categories is not None else ""
    if seen.minimum is not None:
        facts = range_text(*(f"{end:g}" if isinstance(end, float) else end for end in seen_bounds(feature)))
    kind = feature_kind(feature, parts)
    null = f"{seen.null_share:.1%}" if feature.nullable else ""
    return feature.name, kind, feature.unit or "", facts, null, feature.description or ""


def _predictor(facts: Manifest) -> Iterator[str]:
    yield paragraph(f"{facts.predictor.kind}. {facts.predictor.reason}")
    parity: Mapping[str, Any] | None = facts.predictor.parity
    if parity is not None:
        yield table(
            (
                "rows compared",
                "rows that neither can predict",
                "splits tried on both sides",
                "labels that differ",
                "largest difference",
            ),
            [
                (
                    str(parity["rows"]),
                    str(parity["unanswered"]),
                    f"{parity['splits_crossed']} of {parity['splits']}",
                    str(parity["label_flips"]),
                    f"{parity['largest_difference']:.1e}",
                )
            ],
        )


def feature_kind(feature: Feature, parts: Sequence[str]) -> str:
    """A feature's type, and the calendar features that the pipeline makes of a date."""
    kind = f"{feature.type}{' or null' * feature.nullable}"
    return f"{kind}, learned from as {', '.join(parts).replace('_', ' ')}" if parts else kind


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
