"""A table from Parquet."""

from __future__ import annotations

import pandas as pd

from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, Reading, UnreadableTable, first_line
from twinserve.tables.source import Open
from twinserve.tables.text import require_different


def read_parquet(source: Open, _: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from Parquet; the fields of a struct become columns with dotted names."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with source() as stream:
            table = pa.parquet.ParquetFile(stream).read()
        while any(pa.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
        require_different(table.column_names)
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, split_blocks=True, self_destruct=True)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise UnreadableTable(f"not a Parquet file: {first_line(error)}.") from None
    return frame, Cells()
