"""Rows from a query of a database, and answers into a table of one, by SQLAlchemy.

No message has the URL's password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from twinserve.bulk.answering import Answered, Answering
from twinserve.bulk.checked import MOST_CHECKED, Checked, check
from twinserve.bulk.files.job import Asking, Summary, Tell
from twinserve.bulk.files.pipeline import encoded
from twinserve.bulk.files.places import require_readable
from twinserve.bulk.files.source import Source
from twinserve.bulk.options import Options
from twinserve.bulk.reading.columns_asked import TableColumns
from twinserve.bulk.reading.plain_values import as_json
from twinserve.bulk.reading.rows import Chunk
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.answer_table import AnswerTable
from twinserve.bulk.writing.objects import as_text_cell, listed_cells
from twinserve.errors import AskedWrongly, ModelError
from twinserve.predict.targets.target import Coded
from twinserve.signature import Feature, FeatureType

NO_SQLALCHEMY: Final = "A database is read with SQLAlchemy: pip install 'twinserve[sql]'."


class NoDatabase(AskedWrongly):
    """There is no such database or table, or what it takes to ask it is not installed."""


class DatabaseFailed(ModelError):
    """The database refused what was asked."""


class QuerySource:
    """The rows of a query, fetched some at a time."""

    total: int | None = None
    kept: Mapping[str, Any] = {}

    def __init__(self, url: str, query: str, version: BulkVersion, options: Options) -> None:
        """Raises `NoDatabase`, `DatabaseFailed`, and `InvalidInput` for columns that do not fit."""
        sqlalchemy = _sqlalchemy()
        self._url, self._passed, self._version = url, options.passed, version
        with _telling(url):
            _require_there(url)
            self._connection = sqlalchemy.create_engine(url).connect().execution_options(stream_results=True)
            self._result = self._connection.execute(sqlalchemy.text(query))
            self._names = list(map(str, self._result.keys()))
        self._columns = TableColumns(version, self._names, options.passed)
        self._features = {feature.name: feature for feature in version.signature.features}

    def chunks(self, start: int) -> Iterator[Chunk]:
        """See `Source`."""
        if start:
            raise TypeError("A query cannot go on in the middle.")
        place = 0
        while True:
            with _telling(self._url):
                rows = self._result.fetchmany(MOST_CHECKED)
            if not rows:
                self._connection.close()
                return
            place += len(rows)
            yield Chunk(rows, place)

    def check(self, rows: Sequence[Any]) -> Checked:
        """See `Source`."""
        places = [(name, place, self._features[name]) for name, place in self._columns.places.items()]
        instances = [
            self._columns.instance({name: _as_json(row[place], feature) for name, place, feature in places})
            for row in rows
        ]
        passed = {name: [row[self._names.index(name)] for row in rows] for name in self._passed}
        checked = check(instances, self._version.validator.validate_value)
        return checked._replace(passed=passed, common=self._columns.common)


def _as_json(value: Any, feature: Feature) -> Any:
    """A cell as JSON has it. SQLite and MySQL have no truth values but 0 and 1."""
    if feature.type is FeatureType.BOOLEAN and type(value) is int and value in (0, 1):
        return bool(value)
    return as_json(value, feature)


def to_table(asking: Asking, source: Source, url: str, table: str, tell: Tell) -> Summary:
    """Insert the answers into a new table, all in one transaction; raises `NoDatabase` where it is there already."""
    sqlalchemy = _sqlalchemy()
    answers, options = AnswerTable(asking.version, asking.options), asking.options
    answer = Answering(asking.version, options)

    def work(rows: Any) -> tuple[Any, int, int]:
        given = answer(source.check(rows))
        return _records(answers, given), given.rows, len(given.errors)

    kinds = {name: sqlalchemy.Text() for name in options.passed}
    kinds |= {
        name: sqlalchemy.Text() if isinstance(column, Coded) else sqlalchemy.Double()
        for name, column in answers.flat.items()
    }
    rows = bad_rows = 0
    with _telling(url):
        engine = sqlalchemy.create_engine(url)
        if sqlalchemy.inspect(engine).has_table(table):
            raise NoDatabase(f"The table {table!r} is there already; drop it, or give another name.")
    made = sqlalchemy.Table(table, sqlalchemy.MetaData(), *(sqlalchemy.Column(n, kind) for n, kind in kinds.items()))
    with _telling(url), engine.begin() as connection:
        made.create(connection)
        tell(0, 0)
        for part in encoded(source.chunks(0), work, asking.threads):
            if part.content:
                connection.execute(made.insert(), part.content)
            rows, bad_rows = rows + part.rows, bad_rows + part.bad_rows
            tell(rows, part.end)
    return Summary(rows, bad_rows)


def _records(answers: AnswerTable, given: Answered) -> list[dict[str, Any]]:
    columns: dict[str, Sequence[Any]] = {
        name: [as_text_cell(value) for value in listed_cells(values)] for name, values in given.passed.items()
    }
    for name, column in answers.columns(given).items():
        if isinstance(column, Coded):
            texts = [*column.texts, None]  # The last one is that of the code -1.
            columns[name] = [texts[code] for code in column.codes.tolist()]
        else:
            columns[name] = [None if value != value else value for value in column.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _require_there(url: str) -> None:
    """Raise `NoDatabase` for a file of SQLite that is not there: to connect would make an empty one."""
    asked = _sqlalchemy().make_url(url)
    if asked.get_backend_name() == "sqlite" and asked.database and not asked.database.startswith((":", "file:")):
        require_readable(Path(asked.database))


def _sqlalchemy() -> Any:
    try:
        import sqlalchemy
    except ImportError:
        raise NoDatabase(NO_SQLALCHEMY) from None
    return sqlalchemy


@contextmanager
def _telling(url: str) -> Iterator[None]:
    """Tell of what a database or its driver raises in one sentence."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        raise NoDatabase(f"{_shown(url)} needs a driver that is not installed: {error.name}.") from None
    except Exception as error:  # One of SQLAlchemy or of a driver.
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        reason, password = str(error).strip().split("\n")[0].rstrip("."), urlsplit(url).password
        reason = reason if password is None else reason.replace(password, "***")
        raise DatabaseFailed(f"{_shown(url)}: {reason}.") from None


def _shown(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
