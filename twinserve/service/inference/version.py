"""`ModelVersion`: one version of a model, loaded and ready to answer, with everything that it determines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from math import inf
from typing import Final

import numpy as np

from twinserve.explain.explained import TooLate
from twinserve.predict.answers import answered, refused_rows, unpredictable
from twinserve.predict.batching import Batcher, Outcome
from twinserve.predict.predictor import BadPrediction, CannotPredict, Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.http.problem import invalid_input, no_such_version, prediction_timeout
from twinserve.service.http.reply import Reply
from twinserve.service.inference import quick
from twinserve.service.inference.codecs import Codecs
from twinserve.service.inference.job import Job
from twinserve.service.inference.published import PublishedVersion
from twinserve.service.inference.question import Observation, Question, tell
from twinserve.service.inference.sure import Sure
from twinserve.service.inference.why import Why
from twinserve.service.protocols.beside import NOTHING as NOTHING_BESIDE
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.dialect import NOTHING, Asked, Dialect, Stream
from twinserve.service.settings import Settings
from twinserve.service.telemetry.metrics import Metrics
from twinserve.signature import Columns, pointer
from twinserve.signature.request.diagnosis import MAX_ERRORS
from twinserve.signature.request.novelty import Novelty
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

RESERVE: Final = 0.1
"""The share of `PREDICT_TIMEOUT` by which explanations that are not ready end sooner: a thousand sampled ones may take
minutes, and a process all of whose threads are busy for longer than that time is taken for stuck, and ends."""


class ModelVersion(PublishedVersion):
    """One version of a model, ready to answer requests. Immutable, so one version answers a whole request."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings, metrics: Metrics) -> None:
        super().__init__(artifact, version, settings)
        facts, self._predictor = artifact.manifest, artifact.predictor
        self._quick_body = quick.quick_body(self._predictor)
        self._is_product = quick.is_product(self._predictor)
        self._joins = settings.batching and facts.predictor.joins
        self._batcher = Batcher(artifact.predictor)
        self._reserve = RESERVE * settings.predict_timeout
        codecs = Codecs(artifact, version, settings)
        self.codec, self.composer = codecs.codec, codecs.composer
        """How it is asked in a dialect."""
        self._why = Why(artifact.explainer, facts.target)
        self._sure = Sure(artifact.coverage, facts.target.uncovered)
        self._novelty = Novelty(artifact.signature)
        self._count = metrics.predictions.labels(facts.name, version).inc
        self._metrics = metrics

    def is_quick(self, body: bytes, asked: Asked = NOTHING) -> bool:
        """Can this body be answered inline, without making other requests wait for long?"""
        if asked.explains and not (self._why.is_quick and len(body) < quick.EXPLAINED):
            return False
        return len(body) < self._quick_body

    def joins(self, question: Question) -> bool:
        """Can this question be answered together with others that wait?"""
        return self._joins and len(question.body) < quick.BODY and not question.asked.explains

    def require(self, asked: Asked) -> None:
        """Raise `Problem` unless this is the version that is asked (404) and it can give what is asked for beside a
        prediction (400, 501)."""
        if asked.parameters and asked.parameters.get("version", self.version) != self.version:
            raise no_such_version()
        if asked.explains:
            self._why.require(asked)
        elif asked.query:
            self._sure.require(asked)

    def answer(self, question: Question, deadline: float = inf) -> Reply:
        """The reply to a question; raises `Problem` for an invalid body or values that the model cannot predict for.

        `deadline`: when the caller stops waiting, on the monotonic clock; it ends an explanation."""
        batch = question.codec.read(question.body, question.asked)
        return self._reply(question, batch, self._outcome(batch.columns), deadline - self._reserve)

    def at_once(self, dialect: Dialect, question: Question) -> Reply | None:
        """The reply to a long body, if it takes no more time than a short one may; else None, and the pool is asked."""
        if dialect.glance is None or not self._is_product or len(question.body) > quick.OF_NUMBERS:
            return None
        batch = dialect.glance(question.codec, question.body, question.asked)
        if batch is None or self._novelty.count(batch.columns) > quick.NEW_VALUES:
            return None
        return self._reply(question, batch, self._outcome(batch.columns))

    def answer_all(self, jobs: Iterator[Job]) -> None:
        """Answer the first job, and in the same call of the predictor as many of the others as fit."""
        joined: list[tuple[Job, Batch]] = []
        rows = 0
        for job in jobs:
            try:
                batch = job.question.codec.read(job.question.body, job.question.asked)
            except Exception as error:  # Concerns only this job.
                job.fail(error)
                continue
            joined.append((job, batch))
            rows += len(batch.columns)
            if not self._batcher.has_room(rows, joined[0][0].deadline - time.monotonic()):
                break
        if not joined:
            return
        self._metrics.joined.observe(len(joined))
        outcomes = self._batcher.predict([batch.columns for _, batch in joined])
        settled = zip(joined, outcomes, strict=True)
        # Failed jobs last: searching for their refused rows takes time.
        for (job, batch), outcome in sorted(settled, key=lambda pair: isinstance(pair[1], CannotPredict)):
            job.settle(partial(self._reply, job.question, batch, outcome, job.deadline - self._reserve))

    def stream(self, dialect: Dialect, question: Question) -> Stream:
        """What answers a request of that dialect while it arrives; the question is that request without its body."""
        if dialect.stream is None:
            raise TypeError(f"The dialect {dialect.name} has no streams.")

        def predict(columns: Columns) -> tuple[Predictions, Warnings]:
            outcome = self._outcome(columns)
            if isinstance(outcome, CannotPredict) and len(columns) > 1:
                raise outcome  # Each half is tried now, and then told: the observer sees a row once.
            warnings = self._warn(question, columns, outcome)
            if isinstance(outcome, Exception):
                raise outcome
            self._count_rows(len(columns), warnings)
            return outcome, warnings

        return dialect.stream(question.codec, predict, question.asked)

    def pause(self) -> float:
        """Seconds to wait for more jobs; short compared with one call of the predictor."""
        return self._batcher.pause()

    def _outcome(self, columns: Columns) -> Outcome:
        try:
            return self._predictor.predict(columns)
        except Exception as error:  # As in the pool: a pipeline may contain any code.
            return error

    def _warn(self, question: Question, columns: Columns, outcome: Outcome) -> Warnings:
        """The warnings of these rows, none where the predictor failed; the observer is told in either case."""
        warnings = {} if isinstance(outcome, Exception) else self._novelty.find(columns)
        if question.observer is not None:
            seen = Observation(question.request_id, self.model, self.version, columns, outcome, warnings)
            tell(question.observer, seen)
        return warnings

    def _reply(self, question: Question, batch: Batch, outcome: Outcome, deadline: float = inf) -> Reply:
        if batch.asks is not None:
            question = question._replace(asked=batch.asks)
        warnings = self._warn(question, batch.columns, outcome)
        if isinstance(outcome, CannotPredict):
            # The pipeline passed its golden rows, so the cause is in these values.
            refused = refused_rows(self._predictor, batch.columns, MAX_ERRORS + 1)
            raise invalid_input(unpredictable(refused, is_array=batch.is_array)) from None
        if isinstance(outcome, Exception):
            raise outcome
        rows = len(batch.columns)
        try:
            beside = self._beside(question, batch, outcome, deadline)
            told = warnings if batch.spelled is None else batch.spelled.warnings(warnings)
            reply = question.codec.write(batch, outcome, told, question.asked, beside)
        except BadPrediction:
            silent = ~answered(outcome)
            if len(silent) != rows or not silent.any():
                raise  # No prediction of these rows: a fault of ours.
            refused = np.flatnonzero(silent).tolist()
            raise invalid_input(unpredictable(refused, is_array=batch.is_array)) from None
        self._count_rows(rows, warnings)
        return reply

    def _beside(self, question: Question, batch: Batch, predictions: Predictions, deadline: float) -> Beside:
        """What was asked for beside the predictions."""
        asked = question.asked
        covered = self._sure.cover(batch.columns, predictions, asked) if asked.query else None
        if not asked.explains:
            return Beside(None, covered) if covered else NOTHING_BESIDE
        if not answered(predictions).all():
            raise BadPrediction("There is nothing to explain in a row without a prediction.")
        try:
            return Beside(self._why.explain(batch.columns, predictions, asked, deadline), covered)
        except TooLate:
            raise prediction_timeout(self._settings.predict_timeout) from None

    def _count_rows(self, rows: int, warnings: Warnings) -> None:
        self._count(rows)
        if warnings:
            places = Counter((finding.path, finding.code) for findings in warnings.values() for finding in findings)
            for (path, code), number in places.items():
                self._metrics.warn(self.model, pointer(path), code, number)
