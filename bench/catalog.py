"""Everything that can be measured, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.own import OWN
from bench.peers.bentoml.adapter import SUBJECTS as BENTOML
from bench.peers.litserve.adapter import SUBJECTS as LITSERVE
from bench.peers.mlflow.adapter import SUBJECTS as MLFLOW
from bench.peers.mlserver.adapter import SUBJECTS as MLSERVER
from bench.peers.vetiver.adapter import SUBJECTS as VETIVER
from bench.subjects import Subject

ALL: Final = (*OWN, *MLSERVER, *BENTOML, *LITSERVE, *MLFLOW, *VETIVER)
SUBJECTS: Final[Mapping[str, Subject]] = {subject.name: subject for subject in ALL}
ENVIRONMENTS: Final = tuple(dict.fromkeys(subject.environment for subject in ALL if subject.environment))
MODELS: Final = ("linear", "forest", "boosting")
