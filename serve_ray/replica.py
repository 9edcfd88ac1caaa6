"""`Replica`: a door in a process of Ray's. It opens the model by itself and follows the store, as any worker does."""

from __future__ import annotations

import os
from typing import Any

from ray import serve

from serve_ray.arguments import Arguments
from serve_ray.asgi import AsReplica, asgi_app
from twinserve.service.service import Service
from twinserve.service.settings import read_settings
from twinserve.service.settings_together import PREFIX
from twinserve.service.telemetry import logs


class Stuck(Exception):
    """All prediction threads are stuck: Ray starts another replica."""


class Door:
    """What Ray makes an instance of in each replica."""

    def __init__(self, arguments: Arguments) -> None:
        os.environ.update({f"{PREFIX}{name.upper()}": value for name, value in arguments.settings.items()})
        settings = read_settings()
        if settings.threads is None:  # The machine's cores are not this replica's alone.
            settings = settings.model_copy(update={"threads": max(1, int(arguments.num_cpus))})
        logs.configure(settings)
        self._door = arguments.door
        self._service = Service.open(settings)

    def __serve_build_asgi_app__(self) -> AsReplica:
        """Called by Ray in the replica: an app cannot travel."""
        return AsReplica(asgi_app(self._door, self._service), self._service)

    def check_health(self) -> None:
        """Raise `Stuck` where a worker of our own server would end itself, and ever after: Ray asks every two seconds,
        and replaces a replica that fails three times, one after another."""
        if self._service.gave_up or self._service.must_give_up():
            raise Stuck("All prediction threads are stuck.")


Replica: type[Any] = serve.ingress()(Door)
