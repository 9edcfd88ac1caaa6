"""`ModelSettings`: which models are served, and what may be opened."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from twinserve import bounds

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class ModelSettings(BaseSettings):
    """The settings of the models. `Settings` adds those of the server."""

    artifacts: Path = Field(Path("artifacts"), description="Folder with all models; where train.py registers them.")
    model: str = Field(
        "tumor", description="Name of the model that the plain paths serve: a folder below the artifacts."
    )
    models: str = Field(
        "",
        description="Models to serve below /models, besides that of MODEL: names separated by commas, or * for all "
        "that have a champion.",
    )
    max_models: Count = Field(
        1_000, description="Maximum number of models that are open at once; the least recently used is let go."
    )
    trust_pickles: bool = Field(
        default=False,
        description="Open models that are stored as pickles. A pickle can run any code: only for models that you made.",
    )
    seal_key: Path | None = Field(
        None,
        description="File of a public key; only models sealed with its private key (train.py --seal-key) are opened.",
    )
    max_artifact: Count = Field(
        bounds.ARTIFACT,
        description="Maximum size of all files of a version together, in bytes; a larger version is not opened.",
    )
    open_timeout: Seconds = Field(
        60.0,
        description="Seconds that opening a version may take; after that it is refused, and the previous version goes "
        "on serving.",
    )
    out_of_range: Literal["warn", "reject"] = Field(
        "warn", description="What to do with values not seen in training: predict and warn, or answer 422."
    )

    @property
    def serves_all(self) -> bool:
        """Are all models of the store served, those that come later included?"""
        return self.models.strip() == "*"

    @cached_property
    def listed_models(self) -> tuple[str, ...]:
        """The names of the models that are served besides `model`, as they are listed."""
        return () if self.serves_all else tuple(name.strip() for name in self.models.split(",") if name.strip())
