"""A DataFrame of pandas as instances, read as a model in this process reads one; and the answer with its index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from twinserve.client.schema import refused, signature_of
from twinserve.inprocess.frame_rows import as_columns, ignored_columns
from twinserve.inprocess.frames import instances
from twinserve.signature import Feature, FeatureType, Signature
from twinserve.signature.findings import render
from twinserve.signature.request.diagnosis import InvalidInput


class PandasTable:
    """See `Table`."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.names = [str(name) for name in frame.columns]

    def __len__(self) -> int:
        return len(self._frame)

    def label(self, row: int) -> Any:
        """See `Table`."""
        label = self._frame.index[row] if row < len(self) else row
        return label.item() if isinstance(label, np.generic) else label

    def reader(self, schema: bytes | None) -> PandasReader:
        """See `Table`."""
        return PandasReader(self._frame, _own_signature(self._frame) if schema is None else signature_of(schema))

    def made(self, predictions: Sequence[Mapping[str, Any]], model: str, versions: Sequence[str]) -> pd.DataFrame:
        """See `Table`; `attrs` names the model, its version, and all versions that answered."""
        made = pd.DataFrame(as_columns(predictions), index=self._frame.index)
        made.attrs = {"model": model, "version": versions[-1], "versions": list(versions)}
        return made


class PandasReader:
    """See `Reader`."""

    def __init__(self, frame: pd.DataFrame, signature: Signature) -> None:
        self._frame, self._signature = frame, signature
        self.ignored = [render(finding) for finding in ignored_columns(map(str, frame.columns), signature)]

    def rows(self, start: int, stop: int) -> Sequence[Any]:
        """See `Reader`."""
        try:
            return instances(self._frame.iloc[start:stop], self._signature)
        except InvalidInput as error:
            raise refused(error) from None


def _own_signature(frame: pd.DataFrame) -> Signature:
    """What the frame's own columns say, for a service whose schema may not be read: flat names, which it takes."""
    names = dict.fromkeys(map(str, frame.columns))
    first = {name: frame.iloc[:, place].dtype for place, name in reversed(list(enumerate(map(str, frame.columns))))}
    return Signature(features=tuple(Feature(path=(name,), type=_type(first[name])) for name in names))


def _type(dtype: Any) -> FeatureType:
    if dtypes.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return FeatureType.DATETIME
    return FeatureType.STRING if isinstance(dtype, pd.CategoricalDtype) else FeatureType.NUMBER
