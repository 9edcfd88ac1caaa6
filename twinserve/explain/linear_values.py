"""Shapley values of linear models: each column's weight times its distance from the mean of the training rows."""

from __future__ import annotations

import numpy as np

from twinserve.arrays import FloatArray, IntArray
from twinserve.explain.stored import StoredLinear


class LinearValues:
    """The Shapley values of one linear model for one of its outputs; safe to share between threads."""

    def __init__(self, stored: StoredLinear, output: int, fields: IntArray) -> None:
        """`fields`: the field of each column of the table."""
        columns = np.array(stored.columns, dtype=np.int64)
        order = np.argsort(fields[columns], kind="stable")
        self._columns = columns[order]
        self._weights, self._means = np.array(stored.weights[output])[order], np.array(stored.means)[order]
        self._fields, first = np.unique(fields[self._columns], return_index=True)
        self._first = None if len(first) == len(order) else first
        """Where each field's columns begin; None if each has one."""
        self.work = len(columns)
        """How many numbers are computed for a row."""
        self.base = float(self._weights @ self._means)
        """The model's output for the means of the training rows, without its intercept."""

    def add(self, table: FloatArray, contributions: FloatArray) -> None:
        """Add the values of some rows, from their columns, to `[rows, fields]`."""
        with np.errstate(over="ignore", invalid="ignore"):  # A row whose values leave the doubles has no explanation.
            given = (table.take(self._columns, axis=1) - self._means) * self._weights
            if self._first is not None:
                given = np.add.reduceat(given, self._first, axis=1)
            contributions[:, self._fields] += given
