"""A generated table of mixed columns: will a parcel be late? Nested, with nullable numbers and categories."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from twinserve.recipes import Table

ROWS: Final = 20_000
NULLS: Final = 0.08
"""Share of missing values in each nullable column."""

Positive = Annotated[float, Field(gt=0)]
Carrier = Literal["bike", "van", "truck", "rail", "air"]
Service = Literal["economy", "standard", "express"]
Region = Literal["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]


class Parcel(BaseModel):
    """What is sent."""

    weight: Positive | None
    length: Positive
    width: Positive
    height: Positive
    value: Positive | None
    fragile: bool


class Way(BaseModel):
    """How it travels."""

    distance: Positive
    stops: Annotated[int, Field(ge=0)]
    carrier: Carrier
    service: Service | None


class Customer(BaseModel):
    """Who waits for it."""

    region: Region | None
    orders: Annotated[int, Field(ge=0)] | None
    rating: Annotated[float, Field(ge=0, le=5)] | None


class Delivery(BaseModel):
    """A parcel on its way."""

    parcel: Parcel
    way: Way
    customer: Customer


CATEGORIES: Final = ("way.carrier", "way.service", "customer.region")
NUMBERS: Final = (
    *(f"parcel.{name}" for name in Parcel.model_fields),
    "way.distance",
    "way.stops",
    "customer.orders",
    "customer.rating",
)
NULLABLE: Final = (
    "parcel.weight",
    "parcel.value",
    "way.service",
    "customer.region",
    "customer.orders",
    "customer.rating",
)


def load() -> Table:
    """All rows, the same in every run."""
    rng = np.random.default_rng(7)
    frame = _complete(rng)
    late = _late(frame, rng)
    for name in NULLABLE:
        missing = rng.random(ROWS) < NULLS
        frame[name] = frame[name].astype(object if name in CATEGORIES else float)
        frame.loc[missing, name] = None
    target = pd.Series(np.where(late, "late", "on time"), name="outcome", dtype=object)
    return Table(frame, target, source="generated deliveries")


def _complete(rng: np.random.Generator) -> pd.DataFrame:
    def sizes(typical: float) -> Any:
        return np.round(rng.lognormal(np.log(typical), 0.6, ROWS), 2) + 0.01

    return pd.DataFrame(
        {
            "parcel.weight": sizes(2.5),
            "parcel.length": sizes(30),
            "parcel.width": sizes(20),
            "parcel.height": sizes(10),
            "parcel.value": sizes(60),
            "parcel.fragile": (rng.random(ROWS) < 0.15).astype(float),
            "way.distance": sizes(300),
            "way.stops": rng.poisson(4, ROWS).astype(float),
            "way.carrier": rng.choice(get_args(Carrier), ROWS),
            "way.service": rng.choice(get_args(Service), ROWS),
            "customer.region": rng.choice(get_args(Region), ROWS),
            "customer.orders": rng.poisson(12, ROWS).astype(float),
            "customer.rating": np.round(rng.uniform(1, 5, ROWS), 1),
        }
    )


def _late(frame: pd.DataFrame, rng: np.random.Generator) -> Any:
    score = (
        np.log(frame["way.distance"] / 300)
        + 0.25 * (frame["way.stops"] - 4)
        + 0.8 * frame["way.carrier"].isin(["rail", "truck"])
        - 1.2 * (frame["way.service"] == "express")
        + 0.5 * frame["customer.region"].isin(["north", "west"]) * np.log(frame["parcel.weight"])
        + rng.logistic(0, 0.7, ROWS)
    )
    return score > 0.8
