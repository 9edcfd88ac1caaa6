"""The model card: what a person should know before using a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model.manifest import Manifest
from model.recipes import Recipe
from model.signature import Feature, Signature


def card(recipe: Recipe, facts: Manifest, signature: Signature, scores: Mapping[str, float]) -> str:
    """The card in Markdown."""
    training = facts.training
    return "\n".join(
        [
            f"# Model card: {facts.name}",
            "",
            f"**Intended use.** {recipe.intended_use}",
            "",
            f"**Task.** {facts.task.capitalize()}{_classes(facts)}. **Predictor.** {facts.predictor.kind}: "
            f"{facts.predictor.reason}",
            "",
            "## Quality on the hold-out",
            "",
            f"{training.holdout_rows} of {training.rows} rows, never learned from.",
            "",
            *_table(("metric", "value"), ((name, f"{value:.4f}") for name, value in facts.metrics.items())),
            "",
            f"## Candidates ({facts.metric}, cross-validated on the training rows)",
            "",
            *_table(
                ("candidate", facts.metric, ""),
                ((name, f"{s:.4f}", "chosen" * (name == training.estimator)) for name, s in scores.items()),
            ),
            "",
            "## Input",
            "",
            *_table(("field", "type", "unit", "seen in training", "meaning"), map(_feature, signature.features)),
            "",
            "## Lineage",
            "",
            *_table(("", ""), _lineage(facts)),
            "",
        ]
    )


def _classes(facts: Manifest) -> str:
    return f" into {', '.join(facts.classes)}" if facts.classes else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _feature(feature: Feature) -> tuple[str, ...]:
    seen = feature.seen
    facts = ", ".join(seen.categories) if seen.categories is not None else ""
    if seen.minimum is not None:
        facts = f"{seen.minimum:g} to {seen.maximum:g}"
    kind = f"{feature.type}{' or null' * feature.nullable}"
    return feature.name, kind, feature.unit or "", facts, feature.description or ""


def _lineage(facts: Manifest) -> Iterable[tuple[str, str]]:
    training = facts.training
    yield "data", training.source
    yield "data fingerprint", training.data_fingerprint
    yield "made", training.created
    yield "git commit", training.git_commit or "unknown"
    yield "seed", str(training.seed)
    yield "libraries", ", ".join(f"{name} {version}" for name, version in training.libraries.items())
