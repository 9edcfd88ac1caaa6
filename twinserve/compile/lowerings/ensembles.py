"""Ensembles and other predictors made of predictors: voting, stacking, bagging, a transformed target.

Source: scikit-learn 1.9, `ensemble/_voting.py`, `ensemble/_stacking.py`, `ensemble/_bagging.py`,
`compose/_target.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinserve.compile.additive import Additive, weighted_mean
from twinserve.compile.arithmetic.elementwise import FUNCTIONS
from twinserve.compile.blocks import Block, Classified, Outcome, Regressed
from twinserve.compile.graph import Graph, Lowering
from twinserve.compile.limits import FINITE
from twinserve.compile.lowerings.calibration import mean
from twinserve.compile.refusal import refusal
from twinserve.estimators.introspection import class_name


def voting_classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """Soft: the weighted mean of the probabilities. Hard: the first class with the greatest weight of votes."""
    width = len(model.classes_)
    weights = _weights(model)
    voters = [_classified(graph, voter, block) for voter in model.estimators_]
    if model.voting == "soft":
        each = [_probabilities(voter, fitted) for voter, fitted in zip(voters, model.estimators_, strict=True)]
        probabilities = _weighted_mean(graph, each, weights)
        additive = weighted_mean([voter.additive for voter in voters], weights, "probability")
        return Classified(graph.argmax(probabilities), width, probabilities, additive=additive)
    votes = [_one_hot(graph, voter.label, width) for voter in voters]
    return Classified(graph.argmax(_weighted_sum(graph, votes, weights)), width)


def voting_regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The weighted mean of the values."""
    weights = _weights(model)
    voters = [_regressed(graph, voter, block) for voter in model.estimators_]
    additive = weighted_mean([voter.additive for voter in voters], weights, "value")
    return Regressed(_weighted_mean(graph, [voter.value for voter in voters], weights), additive=additive)


def stacking(graph: Graph, model: Any, block: Block) -> Outcome:
    """The final estimator on the predictions of the others, side by side.

    With `passthrough` the columns themselves come after these. Of two classes' probabilities the first column is
    dropped.
    """
    answers = [
        _answer(graph, fitted, method, block)
        for fitted, method in zip(model.estimators_, model.stack_method_, strict=True)
    ]
    return graph.lower(model.final_estimator_, graph.concat([*answers, *([block] if model.passthrough else [])]))


def bagging_classifier(graph: Graph, model: Any, block: Block) -> Classified:
    """The mean of the probabilities, each estimator on its own columns; the label is the first largest.

    The decision is the mean of the decisions, where every estimator has some and saw every class.
    """
    width = len(model.classes_)
    parts, decisions, members = [], [], list[Additive | None]()
    for fitted, columns in zip(model.estimators_, model.estimators_features_, strict=True):
        answer = _classified(graph, fitted, block.select(columns))
        part = answer.probabilities or _one_hot(graph, answer.label, answer.classes)
        if answer.classes != width:
            part = graph.op("MatMul", part, graph.constant(np.eye(width)[fitted.classes_.astype(int)]))
        parts.append(part)
        members.append(_among(answer, fitted, width))
        decisions += [answer.decision] if answer.decision is not None and answer.classes == width else []
    probabilities = mean(graph, parts)
    decision = mean(graph, decisions) if len(decisions) == len(parts) else None
    additive = weighted_mean(members, np.ones(len(members)), "probability")
    return Classified(graph.argmax(probabilities), width, probabilities, decision, additive=additive)


def _among(answer: Classified, fitted: Any, width: int) -> Additive | None:
    """A member's sum among the classes of the whole, where it may not have seen each of them."""
    if answer.additive is None or answer.classes == width:
        return answer.additive
    return answer.additive.placed(fitted.classes_.astype(int).tolist(), width) if answer.classes > 2 else None


def bagging_regressor(graph: Graph, model: Any, block: Block) -> Regressed:
    """The mean of the values, each estimator on its own columns."""
    pairs = zip(model.estimators_, model.estimators_features_, strict=True)
    members = [_regressed(graph, fitted, block.select(columns)) for fitted, columns in pairs]
    additive = weighted_mean([member.additive for member in members], np.ones(len(members)), "value")
    return Regressed(mean(graph, [member.value for member in members]), additive=additive)


def transformed_target(graph: Graph, model: Any, block: Block) -> Regressed:
    """The regressor's value through `inverse_func`, or back through a StandardScaler or MinMaxScaler."""
    inner = _regressed(graph, model.regressor_, block)
    value, additive = inner.value, inner.additive if inner.additive and inner.additive.of == "value" else None
    transformer = model.transformer_
    kind = class_name(transformer)
    if kind == "sklearn.preprocessing.FunctionTransformer":
        function = transformer.inverse_func
        if transformer.validate:
            graph.demand(Block.numbers(value, 1), FINITE)
        if function is not None and function not in FUNCTIONS:
            raise refusal(model, "inverse_func is not one that a graph can apply")
        if function is None:
            return Regressed(value, additive=additive)
        logs = additive and additive.on("log") if function is np.exp else None
        return Regressed(FUNCTIONS[function](graph, value, 1), additive=logs)
    if kind == "sklearn.preprocessing.StandardScaler":
        scaled = value if transformer.scale_ is None else _times(graph, value, transformer.scale_)
        additive = additive and additive.times(1.0 if transformer.scale_ is None else float(transformer.scale_[0]))
        if not transformer.with_mean:
            return Regressed(scaled, additive=additive)
        additive = additive and additive.plus(float(transformer.mean_[0]))
        return Regressed(_plus(graph, scaled, transformer.mean_), additive=additive)
    if kind == "sklearn.preprocessing.MinMaxScaler":
        shifted = _plus(graph, value, -transformer.min_)
        additive = additive and additive.plus(-float(transformer.min_[0])).times(1.0 / float(transformer.scale_[0]))
        return Regressed(graph.op("Div", shifted, graph.constant(transformer.scale_)), additive=additive)
    raise refusal(model, f"transformer={type(transformer).__name__} has no inverse here")


def _times(graph: Graph, tensor: str, factor: Any) -> str:
    return graph.op("Mul", tensor, graph.constant(factor))


def _plus(graph: Graph, tensor: str, amount: Any) -> str:
    return graph.op("Add", tensor, graph.constant(amount))


def _classified(graph: Graph, fitted: Any, block: Block) -> Classified:
    outcome = graph.lower(fitted, block)
    if not isinstance(outcome, Classified):
        raise refusal(fitted, "a classifier is needed in this place")
    return outcome


def _regressed(graph: Graph, fitted: Any, block: Block) -> Regressed:
    outcome = graph.lower(fitted, block)
    if not isinstance(outcome, Regressed):
        raise refusal(fitted, "a regressor is needed in this place")
    return outcome


def _probabilities(answer: Classified, fitted: Any) -> str:
    if answer.probabilities is None:
        raise refusal(fitted, "it has no probabilities")
    return answer.probabilities


def _answer(graph: Graph, fitted: Any, method: str, block: Block) -> Block:
    """The output of a stacked estimator's `predict_proba`, `decision_function` or `predict`, as columns."""
    outcome = graph.lower(fitted, block)
    if isinstance(outcome, Regressed):
        return Block.numbers(outcome.value, 1)
    if not isinstance(outcome, Classified):
        raise refusal(fitted, "a predictor is needed in this place")
    if method == "predict_proba":
        whole = Block.numbers(_probabilities(outcome, fitted), outcome.classes)
        return whole.select([1]) if outcome.classes == 2 else whole
    if method == "decision_function" and outcome.decision is not None:
        return Block.numbers(outcome.decision, 1 if outcome.classes == 2 else outcome.classes)
    if method != "predict":
        raise refusal(fitted, f"it has no {method}")
    classes = graph.constant(np.asarray(fitted.classes_, dtype=np.float64).reshape(-1, 1))
    return Block.numbers(graph.op("Gather", classes, outcome.label, axis=0), 1)


def _one_hot(graph: Graph, label: str, width: int) -> str:
    """Labels `[n]` as double `[n, width]`: the label's row of the identity."""
    return graph.op("Gather", graph.constant(np.eye(width)), label, axis=0)


def _weights(model: Any) -> Any:
    """One weight for each estimator that was not dropped."""
    if model.weights is None:
        return np.ones(len(model.estimators_))
    kept = [w for (_, voter), w in zip(model.estimators, model.weights, strict=True) if not isinstance(voter, str)]
    return np.asarray(kept, dtype=np.float64)


def _weighted_sum(graph: Graph, parts: list[str], weights: Any) -> str:
    total = ""
    for part, weight in zip(parts, weights, strict=True):
        scaled = part if weight == 1.0 else graph.op("Mul", part, graph.constant(float(weight)))
        total = graph.op("Add", total, scaled) if total else scaled
    return total


def _weighted_mean(graph: Graph, parts: list[str], weights: Any) -> str:
    total = _weighted_sum(graph, parts, weights)
    return graph.op("Div", total, graph.constant(float(weights.sum())))


LOWERINGS: dict[str, Lowering] = {
    "sklearn.ensemble.VotingClassifier": voting_classifier,
    "sklearn.ensemble.VotingRegressor": voting_regressor,
    "sklearn.ensemble.StackingClassifier": stacking,
    "sklearn.ensemble.StackingRegressor": stacking,
    "sklearn.ensemble.BaggingClassifier": bagging_classifier,
    "sklearn.ensemble.BaggingRegressor": bagging_regressor,
    "sklearn.compose.TransformedTargetRegressor": transformed_target,
}
