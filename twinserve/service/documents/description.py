"""What `/model` says of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinserve.store.artifact import LoadedArtifact
from twinserve.store.evaluation_facts import ImportanceFacts
from twinserve.store.manifest import CoverageFacts, ExplanationFacts, Manifest


def describe(artifact: LoadedArtifact, version: str) -> Mapping[str, Any]:
    """The content of `/model`."""
    facts = artifact.manifest
    return {
        "name": facts.name,
        "version": version,
        "task": facts.task,
        "classes": None if facts.classes is None else list(facts.classes),
        **_outputs(facts),
        "predictor": {"kind": artifact.predictor.kind, "reason": facts.predictor.reason},
        "explanation": None if facts.explanation is None else _explanation(facts.explanation),
        "coverage": None if facts.coverage is None else _coverage(facts.coverage),
        "metric": facts.metric,
        "metrics": dict(facts.metrics),
        "importances": None if facts.importances is None else _importances(facts.importances),
        "training": facts.training.model_dump(mode="json"),
    }


def _outputs(facts: Manifest) -> Mapping[str, Any]:
    """The targets of a model that has several, or the quantiles."""
    targets = [
        {"name": name, "classes": None if classes is None else list(classes)} for name, classes in facts.targets.items()
    ]
    quantiles = {"quantiles": list(facts.quantiles)} if facts.quantiles else {}
    return {"targets": targets, **quantiles} if targets else quantiles


def _explanation(facts: ExplanationFacts) -> Mapping[str, str]:
    return {"method": facts.method, "of": facts.of, "reason": facts.reason}


def _importances(facts: ImportanceFacts) -> Mapping[str, Any]:
    return {"method": facts.sentence, "features": [one.model_dump() for one in facts.features]}


def _coverage(facts: CoverageFacts) -> Mapping[str, Any]:
    return {"method": facts.method, "rows": facts.rows, "largest": facts.largest, "reason": facts.reason}
