"""The doors on Ray Serve: `serve run serve_ray:app`, `serve run serve_ray:app door=flask max_replicas=8`."""

from __future__ import annotations

from serve_ray.app import app
from serve_ray.arguments import Arguments

__all__ = ["Arguments", "app"]
