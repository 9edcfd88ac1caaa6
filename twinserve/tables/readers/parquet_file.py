"""A table from Parquet."""

from __future__ import annotations

import pandas as pd

from twinserve.tables.cells import Cells
from twinserve.tables.formats import AS_IT_IS, Reading, UnreadableTable, first_line
from twinserve.tables.readers.text import require_different
from twinserve.tables.source import Open


def read_parquet(source: Open, _: Reading = AS_IT_IS) -> tuple[pd.DataFrame, Cells]:
    """A table from Parquet; the fields of a struct become columns with dotted names, and one that is null in
    some rows has a column of nulls besides, as in JSON."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with source() as stream:
            table = pa.parquet.ParquetFile(stream).read()
        null: list[str] = []
        while any(pa.types.is_struct(field.type) for field in table.schema):
            structs = [field.name for field in table.schema if pa.types.is_struct(field.type)]
            null += [name for name in structs if table.column(name).null_count]
            table = table.flatten()
        for name in null:
            table = table.append_column(name, pa.nulls(len(table)))
        require_different(table.column_names)
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, split_blocks=True, self_destruct=True)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise UnreadableTable(f"not a Parquet file: {first_line(error)}.") from None
    return frame, Cells()
