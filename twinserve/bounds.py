"""Limits for the files of a store, which another user may have written.

Each limit is far above what training writes. A file beyond a limit is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

ARTIFACT: Final = 1024 * MIB
"""Bytes of all files of a version together; the default of a server's setting."""
ENTRIES: Final = 1_000
"""Files and folders in a version."""
NESTING: Final = 4
"""Depth of nested folders in a version."""
EXPLAIN_MEMORY: Final = 64 * MIB
"""Bytes of the tables from which the predictions of a version are explained; the default of a server's setting."""
POINTER: Final = 64
"""Bytes of the file that names the champion."""
HISTORY: Final = 1 * MIB
"""Bytes of the file that lists the promotions, enough for about 100,000."""
FILES: Final[Mapping[str, int]] = {
    "manifest.json": 1 * MIB,
    "manifest.seal": 4 * KIB,
    "signature.json": 16 * MIB,
    "golden.json": 16 * MIB,
    "explainer.json": 96 * MIB,
    "examples.json": 16 * MIB,
    "coverage.json": 2 * MIB,
    "card.md": 16 * MIB,
}
"""Bytes of each file that is read as JSON or text. Any other file may be as large as `ARTIFACT`."""
PARTS: Final[Mapping[str, int]] = {
    "signature.json": 100_000,
    "golden.json": 50_000,
    "explainer.json": 50_000,
    "examples.json": 50_000,
    "coverage.json": 1_000,
}
"""Objects and arrays in a JSON file. An empty one takes 3 bytes of the file and 100 bytes of memory; a feature consists
of six and takes 0.1 ms."""

GRAPH_NODES: Final = 20_000
"""Operations in a compiled model; each takes about 0.7 us for a row."""
GRAPH_PARTS: Final = 500_000
"""Fields in the file of a compiled model; a list of numbers is one field."""
GRAPH_NUMBERS: Final = 80_000_000
"""Numbers in all of its lists: eight for each of at most 8,000,000 tree nodes."""
GRAPH_METADATA: Final = 16 * MIB
"""Bytes of the metadata of a compiled model, which is read as JSON."""
GRAPH_RANK: Final = 4
"""Axes of a tensor."""
GRAPH_ROW: Final = 64 * KIB
"""Numbers in all tensors of a graph together, for one row. If the graph has more bytes than this, their number is the
limit: a lowering makes no tensor that is wider than its constants."""
GRAPH_WORK: Final = 16
"""How many times as many numbers the operations may read for one row: an operation may read a large constant to make
one number, and thousands of operations may share that constant. The tests' graphs read at most a sixth as many."""
TREE_DEPTH: Final = 5_000
"""Splits between a tree's root and a leaf. ONNX Runtime 1.32 descends by recursion; at a depth between 10,000 and
30,000 that overflows the thread's stack, which ends the process."""

UNPACKED: Final = 16 * MIB
"""Bytes that a pipeline's file may unpack to, or `UNPACKED_TIMES` times its size if that is more. The library writes
these files uncompressed."""
UNPACKED_TIMES: Final = 10
TRIAL_MEMORY: Final = 256 * MIB
"""Bytes of memory that a pipeline may take in its trial, in addition to `TRIAL_TIMES` times the size of its file."""
TRIAL_TIMES: Final = 20
