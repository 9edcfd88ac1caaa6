"""`Arguments`: what an application of Ray Serve is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twinserve.errors import AskedWrongly

Door = Literal["fastapi", "flask"]


class Arguments(BaseModel):
    """The arguments of `serve run serve_ray:app NAME=VALUE ...`, or of `args` in a configuration of Ray Serve."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    door: Door = Field("fastapi", description="The door that answers; the doors answer alike.")
    min_replicas: int = Field(1, ge=1, description="Replicas that are always there.")
    max_replicas: int = Field(4, ge=1, description="Replicas at most.")
    target_ongoing_requests: float = Field(
        8.0, gt=0, description="Requests in flight for each replica; with more of them Ray adds replicas."
    )
    num_cpus: float = Field(1.0, gt=0, description="Cores that Ray reserves for a replica.")
    settings: Mapping[str, str] = Field(
        default_factory=dict,
        description="Settings of the door (`model: loans`), before those in the environment of the node; on the "
        "command line they are variables of the environment.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas must not be greater than max_replicas")
        return self


def read_arguments(given: Mapping[str, Any]) -> Arguments:
    """The arguments; raises `AskedWrongly` with a sentence for each that is wrong."""
    try:
        return Arguments.model_validate(given)
    except ValidationError as error:
        known = ", ".join(Arguments.model_fields)
        found = [f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}" for item in error.errors()]
        raise AskedWrongly(f"{'; '.join(found)}. There are the arguments {known}.") from None
