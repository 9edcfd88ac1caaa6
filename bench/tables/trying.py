"""Train a table as somebody would at the first try, by the command line, and read what the report says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bench.prepared import ROOT
from bench.tables.catalog import PublicTable
from bench.tables.results import Tried

COMMAND: Final = "import sys; from twinserve.cli.main import main; sys.exit(main())"
SECONDS: Final = 1_800
"""After so long a training counts as one that does not end."""
TIMED_OUT: Final = -1
LEAVES_OUT: Final = ("dropped", "leak")
SWITCH: Final = re.compile(r"--(?:allow|keep)-[a-z]+")
Tell = Callable[[str], None]


def tried(table: PublicTable, path: Path, store: Path, tell: Tell) -> Iterator[Tried]:
    """The first try with no flag; where it is refused with a switch to add, a second one with it."""
    first = _train(table, path, store, ())
    tell(_line(first))
    yield first
    switches = sorted(set(SWITCH.findall(first.sentence)))
    if not first.trained and switches:
        second = _train(table, path, store, switches)
        tell(_line(second))
        yield second


def _train(table: PublicTable, path: Path, store: Path, flags: Sequence[str]) -> Tried:
    command = [sys.executable, "-c", COMMAND, "train", "--data", str(path), "--target", table.target, *flags]
    started = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603  # Our own command.
            [*command, "--artifacts", str(store), "--json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            timeout=SECONDS,
        )
        code, out, said = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        code, out, said = TIMED_OUT, "", f"It did not end in {SECONDS} seconds."
    seconds = round(time.monotonic() - started, 1)
    head = pd.read_csv(path, low_memory=False)
    names = [str(name) for name in head.columns if name != table.target]
    report = json.loads(out) if out else {}
    became = dict(_became(report))
    return Tried(
        table=table.name,
        source=table.source,
        why=table.why,
        rows=len(head),
        columns=len(head.columns),
        target=table.target,
        exit_code=code,
        seconds=seconds,
        flags=flags,
        sentence="" if code == 0 else _sentence(report, said),
        chosen=next((one["name"] for one in report.get("candidates", ()) if one["chosen"]), ""),
        became={name: became[name] for name in names if name in became},
        silent=[name for name in names if name not in became] if report else [],
    )


def _became(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for note in report.get("notes", ()):
        if note["kind"] in LEAVES_OUT:
            yield note["column"], f"left out: {note['sentence']}"
    for column in report.get("columns", ()):  # A leak that is kept is a column all the same.
        parts = f", as {', '.join(column['parts'])}" if column["parts"] else ""
        yield column["name"], f"{column['type']}{' or null' if column['nullable'] else ''}{parts}"


def _sentence(report: Mapping[str, Any], said: str) -> str:
    """Why there is no champion: the reason of the gate, or the last line of what the command printed."""
    if report:
        return str(report["reason"])
    lines = said.strip().splitlines()
    return lines[-1].removeprefix("twinserve: ") if lines else ""


def _line(one: Tried) -> str:
    end = one.chosen if one.trained else one.sentence
    flags = f" {' '.join(one.flags)}" if one.flags else ""
    silent = f"; nothing is said of {', '.join(one.silent)}" if one.silent else ""
    return f"{one.table}{flags}: exit code {one.exit_code} in {one.seconds:.0f} s, {end}{silent}"
