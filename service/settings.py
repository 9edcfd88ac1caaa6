"""All settings, read once into one frozen value."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "TWINSERVE_"

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class BadSetting(Exception):
    """A setting has a value that it cannot have; the text is one sentence."""


class Settings(BaseSettings):
    """How a server runs. Each field is the variable `TWINSERVE_<FIELD>`, a line of `.env`, or an option."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None, description="Port to listen on; FastAPI's default is 8000 and Flask's 8001."
    )
    workers: Count = Field(1, description="Worker processes; one per core that you want to give to the service.")
    threads: Count | None = Field(
        None, description="Threads for predictions in each worker; by default the cores divided by the workers."
    )
    artifacts: Path = Field(Path("artifacts"), description="Folder with all models; where train.py registers them.")
    model: str = Field("tumor", description="Name of the model to serve: a folder below the artifacts.")
    trust_pickles: bool = Field(
        default=False,
        description="Open models stored as a pickle, which may run any code; only for your own.",
    )
    out_of_range: Literal["warn", "reject"] = Field(
        "warn", description="What to do with values that training never saw: predict and warn, or answer 422."
    )
    max_body: Count = Field(8 * 1024 * 1024, description="Largest request body, in bytes; more is answered with 413.")
    max_batch: Count = Field(10_000, description="Most instances in one request; more is answered with 422.")
    max_queue: Count = Field(
        64, description="Most predictions running or waiting in each worker's pool; more is answered with 503."
    )
    receive_timeout: Seconds = Field(
        10.0, description="Seconds within which a request must have arrived whole; else it is answered with 408."
    )
    predict_timeout: Seconds = Field(
        30.0, description="Seconds that a prediction may take in the pool; else it is answered with 504."
    )
    keep_alive: Seconds = Field(15.0, description="Seconds that an idle connection stays open.")
    drain_delay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Seconds between turning not ready and closing the door after SIGTERM."
    )
    grace: Seconds = Field(8.0, description="Seconds that requests in flight get to finish after the door is closed.")
    access_log: bool = Field(default=True, description="One log line for each request.")
    log_format: Literal["json", "console"] | None = Field(
        None, description="How log lines look; by default console on a terminal and JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level to log.")

    @property
    def prediction_threads(self) -> int:
        """Threads for predictions in each worker."""
        return self.threads or max(1, available_cores() // self.workers)


def read_settings() -> Settings:
    """The settings from the environment and `.env`, in this order; raises `BadSetting`."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "?"
        raise BadSetting(f"{PREFIX}{field.upper()}: {first['msg']}.") from None


def from_command_line(program: str, summary: str, arguments: Sequence[str] | None = None) -> Settings:
    """The settings of a server program; `--help` shows every one with its sentence and its variable.

    What an option gives becomes the variable's value, so that every worker process reads the same.
    """
    parser = argparse.ArgumentParser(prog=program, description=summary)
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f", default {field.default}"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="VALUE",
            default=argparse.SUPPRESS,
            help=f"{field.description} ({PREFIX}{name.upper()}{default})",
        )
    for name, value in vars(parser.parse_args(arguments)).items():
        os.environ[PREFIX + name.upper()] = value
    try:
        return read_settings()
    except BadSetting as error:
        parser.exit(2, f"{program}: {error}\n")


def available_cores() -> int:
    """Cores that this process may use: its affinity and its cgroup's quota, whichever is less; at least 1."""
    cores = len(os.sched_getaffinity(0))
    for path, parse in ((Path("/sys/fs/cgroup/cpu.max"), _quota_v2), (Path("/sys/fs/cgroup/cpu"), _quota_v1)):
        try:
            quota = parse(path)
        except (OSError, ValueError):
            continue
        if quota > 0:
            return max(1, min(cores, int(quota)))
    return cores


def _quota_v2(path: Path) -> float:
    quota, period = path.read_text().split()
    return 0.0 if quota == "max" else int(quota) / int(period)


def _quota_v1(path: Path) -> float:
    quota, period = (int((path / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
    return quota / period  # Below zero: no quota.
