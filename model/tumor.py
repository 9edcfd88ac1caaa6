"""The default recipe: is a breast tumour malignant or benign, from measurements of cell nuclei?

The data comes with scikit-learn (Wolberg, Street and Mangasarian, 1993: Breast Cancer Wisconsin, Diagnostic; UCI,
CC BY 4.0), so training needs no network. Each image of a fine needle aspirate gives ten measurements per nucleus,
and for each measurement its mean, its standard error and the mean of its three largest values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import pandas as pd
from pydantic import BaseModel, Field
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from twinserve.recipes.recipe import Recipe, Table

PIXELS: Final = {"unit": "pixel"}
SQUARE_PIXELS: Final = {"unit": "pixel^2"}
NO_UNIT: Final = {"unit": "1"}


class Measurements(BaseModel):
    """Ten measurements of a cell nucleus."""

    radius: Annotated[float, Field(ge=0, json_schema_extra=PIXELS)] = Field(
        description="Distance from the centre to the outline, averaged over the outline."
    )
    texture: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="Standard deviation of the grey values inside the nucleus."
    )
    perimeter: Annotated[float, Field(ge=0, json_schema_extra=PIXELS)] = Field(description="Length of the outline.")
    area: Annotated[float, Field(ge=0, json_schema_extra=SQUARE_PIXELS)] = Field(description="Area of the nucleus.")
    smoothness: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="How much the radius varies from place to place."
    )
    compactness: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="Perimeter squared over area, less one."
    )
    concavity: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="How deep the dents of the outline are."
    )
    concave_points: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="How many places of the outline are dents."
    )
    symmetry: Annotated[float, Field(ge=0, json_schema_extra=NO_UNIT)] = Field(
        description="How far the two halves of the nucleus differ."
    )
    fractal_dimension: Annotated[float, Field(json_schema_extra=NO_UNIT)] = Field(
        description="How ragged the outline is: its coastline dimension, less one."
    )


class Tumor(BaseModel):
    """Measurements of the cell nuclei in one image of a breast mass."""

    mean: Measurements = Field(description="The mean over all nuclei of the image.")
    error: Measurements = Field(description="The standard error of that mean.")
    worst: Measurements = Field(description="The mean of the three largest values.")


def load() -> Table:
    """All 569 rows, in the data set's order."""
    data = load_breast_cancer(as_frame=True)
    groups = tuple(Tumor.model_fields)
    measurements = tuple(Measurements.model_fields)
    names = [f"{group}.{measurement}" for group in groups for measurement in measurements]
    features = data.data.set_axis(names, axis="columns")
    target = pd.Series(data.target_names[data.target], name="diagnosis", dtype=object)
    return Table(features, target, source="scikit-learn: load_breast_cancer")


def candidates(seed: int) -> Mapping[str, Pipeline]:
    """A linear model, a forest and boosted trees; one thread each, as serving one row has no use for more."""
    return {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000)),
        "random forest": make_pipeline(RandomForestClassifier(n_estimators=200, random_state=seed)),
        "gradient boosting": make_pipeline(HistGradientBoostingClassifier(max_iter=100, random_state=seed)),
    }


TUMOR: Final = Recipe(
    name="tumor",
    task="classification",
    input=Tumor,
    load=load,
    candidates=candidates,
    metric="log_loss",
    intended_use=(
        "A demonstration of model serving on a well-known public data set. Not a medical device: "
        "569 images from one hospital, taken around 1990, say little about patients elsewhere or today."
    ),
)
