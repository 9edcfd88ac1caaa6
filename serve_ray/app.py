"""`app`: builds the application that Ray Serve runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ray import serve
from ray.serve import Application
from ray.serve.config import AutoscalingConfig

from serve_ray.arguments import read_arguments
from serve_ray.replica import Replica

NAME: Final = "twinserve"
WAITING: Final = 1024
"""Requests that Ray passes to a replica at once: more than MAX_CONCURRENT, so that it is the door that refuses what is
too much, in the words of the contract."""
LEAVING: Final = 30.0
"""Seconds that a replica gets for what is under way."""


def app(given: Mapping[str, Any]) -> Application:
    """The application for these arguments (`Arguments`); raises `AskedWrongly`.

    Ray does not read annotations that are strings, so that it passes a plain mapping."""
    arguments = read_arguments(given)
    deployment = serve.deployment(
        name=NAME,
        max_ongoing_requests=WAITING,
        autoscaling_config=AutoscalingConfig(
            min_replicas=arguments.min_replicas,
            max_replicas=arguments.max_replicas,
            target_ongoing_requests=arguments.target_ongoing_requests,
            metrics_interval_s=1.0,
            look_back_period_s=5.0,
            upscale_delay_s=5.0,
            downscale_delay_s=120.0,
        ),
        ray_actor_options={"num_cpus": arguments.num_cpus},
        graceful_shutdown_timeout_s=LEAVING,
        health_check_period_s=2.0,
    )
    return deployment(Replica).bind(arguments)
