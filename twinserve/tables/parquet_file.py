"""A table from Parquet."""

from __future__ import annotations

import io

import pandas as pd

from twinserve.tables.formats import UnreadableTable, first_line
from twinserve.tables.text import require_different


def read_parquet(content: bytes) -> pd.DataFrame:
    """A table from Parquet; the fields of a struct become columns with dotted names."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pa.parquet.ParquetFile(io.BytesIO(content)).read()
        while any(pa.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
        require_different(table.column_names)
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise UnreadableTable(f"not a Parquet file: {first_line(error)}.") from None
    return frame
