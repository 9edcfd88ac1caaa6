"""How much of a store is believed before it is proved: who can write there may not be who made the model.

Each bound is far above what a training writes; what is beyond one is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

ARTIFACT: Final = 1024 * MIB
"""Bytes of all files of a version together, where a server's settings name no other figure."""
ENTRIES: Final = 1_000
"""Files and folders in a version."""
NESTING: Final = 4
"""Folders inside each other in a version."""
POINTER: Final = 64
"""Bytes of the file that names the champion."""
HISTORY: Final = 1 * MIB
"""Bytes of the file that names the promotions; about 100,000 of them."""
FILES: Final[Mapping[str, int]] = {
    "manifest.json": 1 * MIB,
    "manifest.seal": 4 * KIB,
    "signature.json": 16 * MIB,
    "golden.json": 16 * MIB,
}
"""Bytes of the files that are read as JSON. Any other file may be as large as all together."""
PARTS: Final[Mapping[str, int]] = {"signature.json": 100_000, "golden.json": 50_000}
"""Objects and arrays in them: an empty one takes three bytes of the file and a hundred of memory, a feature six of them
and a tenth of a millisecond."""

GRAPH_NODES: Final = 20_000
"""Operations in a compiled model; each costs about 0.7 us a row."""
GRAPH_PARTS: Final = 500_000
"""Fields in its file, a list of numbers being one."""
GRAPH_NUMBERS: Final = 20_000_000
"""Numbers in those lists: eight for each of the 2,000,000 questions and leaves that trees may have here."""
GRAPH_METADATA: Final = 16 * MIB
"""Bytes of what a model keeps beside its graph, which is read as JSON."""
GRAPH_RANK: Final = 4
"""Axes of a tensor."""
GRAPH_ROW: Final = 64 * KIB
"""Numbers that all tensors of a graph hold together for one row, or as many as the graph has bytes: what a lowering
makes is no wider than the constants that it is made with."""
GRAPH_WORK: Final = 16
"""Times as many numbers may be gone through for one row: an operation may read a large constant and make one number,
and thousands may share that constant. Those of our tests' graphs that do most go through a sixth as many."""
TREE_DEPTH: Final = 5_000
"""Questions between a tree's root and a leaf: ONNX Runtime 1.32 goes down by calling itself, and between 10,000 and
30,000 calls it has used up a thread's stack, which ends the process."""

UNPACKED: Final = 16 * MIB
"""Bytes that a pipeline's file may unpack to, or ten times its size: ours are not compressed."""
UNPACKED_TIMES: Final = 10
TRIAL_MEMORY: Final = 256 * MIB
"""Bytes that a pipeline may take while it is opened and tried, beside twenty times the size of its file."""
TRIAL_TIMES: Final = 20
