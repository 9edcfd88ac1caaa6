"""ONNX Runtime, imported here only: it sends nothing, reads no file, and runs each session on one thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import onnxruntime

NO_TELEMETRY: Final = "ORT_DISABLE_TELEMETRY"
EXTERNAL_FOLDER: Final = "session.model_external_initializers_file_folder_path"


def runtime() -> Any:
    """The library, without the telemetry that version 1.32 has on by default.

    It reads the variable once, when it is loaded. Where a host has loaded it before us, its files and its look-up are
    on their way already; the call then keeps our sessions out of what it sends.
    """
    os.environ[NO_TELEMETRY] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def session(graph: bytes) -> onnxruntime.InferenceSession:
    """A session of this graph on one thread of this processor. A file that the graph points to is not looked for."""
    ort = runtime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # What goes wrong is raised, too; its own lines are not JSON.
    options.add_session_config_entry(EXTERNAL_FOLDER, os.devnull)
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
