"""Count what becomes of every classifier, regressor and transformer of scikit-learn, as each is by default.

python -m bench.classes --out docs/models.md

Writes one section of the page and leaves the rest. Each is fitted, packaged, opened and asked through a door
(`bench/kept.py`). The run ends with exit code 1 if one answers differently than its estimator, or fails with an error
that is none of ours.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sklearn.base import clone
from threadpoolctl import threadpool_limits

from bench.kept import Broken, kept
from bench.model_examples.every_class import classifiers, regressors, transformers
from bench.model_examples.tables import Example, Table
from twinserve.errors import ModelError
from twinserve.store.pipelines.pipeline_file import JOBLIB

HEADING: Final = "## Every class of scikit-learn"
COMPILED: Final = "compiled"
KINDS: Final = (("classifiers", classifiers), ("regressors", regressors), ("transformers", transformers))


@dataclass(frozen=True)
class Found:
    """What became of one class."""

    name: str
    outcome: str
    """`compiled`, `scikit-learn`, `refused`, `no model of a table`, or an error."""
    reason: str = ""
    is_pickle: bool = False


def found(name: str, model: Any, table: Table) -> Found:
    """Fit, package, open and ask one estimator."""
    try:
        clone(model).fit(table.frame, table.target)
    except Exception as error:
        return Found(name, "no model of a table", _first_sentence(error))
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = kept(model, table.frame, table.target, Path(folder), table.declared)
        except ModelError as error:
            return Found(name, "refused", str(error))
        except Broken as error:
            return Found(name, "another answer", str(error))
        except Exception as error:
            return Found(name, "a raw error", f"{type(error).__name__}: {_first_sentence(error)}")
        facts, is_pickle = result.opened.manifest.predictor, (result.folder / JOBLIB).exists()
    if facts.kind == COMPILED:
        return Found(name, COMPILED)
    return Found(name, "scikit-learn", facts.reason.removeprefix("Not compiled: "), is_pickle)


def _first_sentence(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]


def main() -> int:
    """Count, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    parser.add_argument("--only", default="", help="names that begin so")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        for kind, examples in KINDS:
            all_found = []
            for name, model, table in examples():
                if name.startswith(options.only):
                    one = found(name, model, table)
                    print(
                        kind,
                        one.name,
                        one.outcome,
                        one.reason[:200],
                        "PICKLE" if one.is_pickle else "",
                        sep=" | ",
                        flush=True,
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
