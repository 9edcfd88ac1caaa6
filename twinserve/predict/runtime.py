"""ONNX Runtime without telemetry and external files, each session on one thread. No other module imports it."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import onnxruntime

NO_TELEMETRY: Final = "ORT_DISABLE_TELEMETRY"
EXTERNAL_FOLDER: Final = "session.model_external_initializers_file_folder_path"


def runtime() -> Any:
    """The library, without the telemetry that version 1.32 has on by default.

    ONNX Runtime reads the environment variable when it is loaded. If the host program has loaded it before, telemetry
    has started; the call then keeps events of our sessions out of it.
    """
    os.environ[NO_TELEMETRY] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


LARGE: Final = 1_000_000
"""Bytes of a graph after which memory is given back."""


def session(graph: bytes) -> onnxruntime.InferenceSession:
    """A session that runs a graph on one thread of the CPU and loads no file that the graph names."""
    ort = runtime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # Fatal only: errors are raised as well, and these lines are not JSON.
    options.add_session_config_entry(EXTERNAL_FOLDER, os.devnull)
    opened = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    if len(graph) > LARGE:
        _give_memory_back()
    return opened


def _give_memory_back() -> None:
    """Let the C library return freed memory to the system: opening a forest of 6.7 million nodes leaves 1 GB of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Of glibc alone.
    if trim is not None:
        trim(0)
