"""A table from a query of a database."""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd

from twinserve.tables.cells import Cells
from twinserve.tables.formats import NoSuchTable, UnreadableTable, first_line, shown
from twinserve.tables.readers.text import require_different


def read_database(url: str, query: str) -> tuple[pd.DataFrame, Cells]:
    """The rows of a query, read by pandas with SQLAlchemy. No message has the URL's password.

    Raises `NoSuchTable` without SQLAlchemy or a driver, and `UnreadableTable` for all that the database refuses."""
    try:
        frame = pd.read_sql_query(query, url)
    except ImportError as error:
        if "sqlalchemy" in str(error).lower():
            raise NoSuchTable("A database is read with SQLAlchemy: pip install 'twinserve[sql]'.") from None
        raise NoSuchTable(f"{shown(url)} needs a driver that is not installed: {error.name}.") from None
    except Exception as error:  # One of SQLAlchemy or of a driver, neither of which need be there.
        password = urlsplit(url).password
        reason = first_line(error) if password is None else first_line(error).replace(password, "***")
        raise UnreadableTable(f"{shown(url)} gives no table: {reason}.") from None
    require_different([str(name) for name in frame.columns])
    return frame, Cells()
