"""The variants and snippets run, in the environment of the comparison, and so does its short form."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bench.compare import running
from bench.compare.snippets.topics import FRAMEWORKS, TOPICS
from bench.compare.variants import DEVELOPMENT, PRODUCTION, present

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-compare" / "bin" / "python"


def said(module: str, *arguments: str) -> tuple[int, list[str]]:
    """The exit code and the lines of a program in that environment."""
    command = [str(PYTHON), "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.environments
@pytest.mark.timeout(900)
def test_each_variant_answers_the_example_rightly_under_each_server() -> None:
    """As the fitted pipeline does."""
    code, lines = said("bench.compare", "--check")
    wanted = [f"{one.name} {mode}: right" for one in present() for mode in (PRODUCTION, DEVELOPMENT)]
    assert (code, lines) == (0, wanted)


@pytest.mark.environments
def test_each_snippet_does_what_it_is_for() -> None:
    """Fifteen: five tasks in three frameworks."""
    code, lines = said("bench.compare.snippets.checks")
    assert (code, lines) == (0, [f"{topic}_{framework}: runs" for topic in TOPICS for framework in FRAMEWORKS])


@pytest.mark.environments
def test_each_claim_that_is_asked_of_the_libraries_has_an_answer() -> None:
    """One sentence each."""
    code, lines = said("bench.compare.claims")
    assert code == 0
    assert len(lines) == 11
    assert "modules for GraphQL: flask 0, fastapi 0, starlette 0, django 0" in lines
    assert re.fullmatch(r"modules for it: fastapi [1-9]\d*, flask 0", lines[2])
    assert re.search(r"modules for it: fastapi [1-9]\d*, django-ninja [1-9]\d*, flask 0, django 0$", lines[5])
    assert not any(": ?" in line for line in lines)
    assert "django 3, " in lines[9]  # Of its own, asgiref and sqlparse; tzdata is for Windows.


@pytest.mark.environments
@pytest.mark.timeout(900)
def test_the_short_form_runs() -> None:
    """Four variants, all bodies, one load each; the doors answer every body rightly, and nobody refuses a valid one."""
    code, lines = said("bench.compare", "--short")
    assert code == 0, lines
    found = json.loads((ROOT / "bench" / "out" / "comparison-short.json").read_text())
    counts = {name: judged["counts"] for name, judged in found["validation"].items()}
    assert counts["door_flask"] == {"valid": {"right": 79}, "invalid": {"right": 191}, "choice": {"refused": 66}}
    assert all(verdicts["valid"] == {"right": 79} for verdicts in counts.values())
    assert len(found["speed"]["samples"]) == len(counts) == 4


def test_what_takes_longest_is_measured_least() -> None:
    """Development servers at the one load that is shown, and the model that computes in two rounds."""
    assert running.FULL.loads("development") == [running.SHOWN]
    assert [running.FULL.rounds_of(kind) for kind in running.FULL.seconds] == [3, 3, 2]
