"""A table from a query of a database."""

from __future__ import annotations

import pandas as pd

from twinserve.tables.cells import Cells
from twinserve.tables.formats import NoSuchTable, UnreadableTable, shown
from twinserve.tables.text import require_different


def read_database(url: str, query: str) -> tuple[pd.DataFrame, Cells]:
    """The rows of a query. No message has the URL's password.

    Raises `NoSuchTable` without SQLAlchemy or its driver, or for no connection, and `UnreadableTable` for a query that
    the database refuses."""
    try:
        import sqlalchemy as sql
    except ImportError:
        raise NoSuchTable("A database is read with SQLAlchemy: pip install 'twinserve[sql]'.") from None
    try:
        engine = sql.create_engine(url)
    except ImportError as error:
        raise NoSuchTable(f"{shown(url)} needs a driver that is not installed: {error.name}.") from None
    except sql.exc.ArgumentError:
        raise NoSuchTable(f"{shown(url)} is no URL of a database.") from None
    try:
        with engine.connect() as connection:
            result = connection.execute(sql.text(query))
            names = list(result.keys()) if result.returns_rows else []
            rows = [tuple(row) for row in result] if names else []
    except sql.exc.OperationalError as error:
        raise NoSuchTable(f"{shown(url)} does not answer: {type(error.orig).__name__}.") from None
    except sql.exc.SQLAlchemyError as error:
        raise UnreadableTable(f"{shown(url)} refuses the query: {type(error).__name__}.") from None
    finally:
        engine.dispose()
    require_different([str(name) for name in names])
    return pd.DataFrame(rows, columns=pd.Index(names)).infer_objects(), Cells()
