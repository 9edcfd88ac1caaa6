"""The examples of `docs/python.md` give what the page says."""

from __future__ import annotations

import doctest
import re
import shutil
from pathlib import Path

import pytest

from harness import ROOT, fruit

pytestmark = [pytest.mark.slow, pytest.mark.long]

PAGE = (ROOT / "docs" / "python.md").read_text()


def test_the_page_s_examples(artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another, as a reader would type them."""
    shutil.copytree(artifacts, tmp_path / "artifacts")
    shutil.copy(ROOT / "examples" / "tumor.json", tmp_path)
    made = fruit.table(120)
    made.features.assign(kind=made.target).sort_values(["kind", "weight"]).drop_duplicates().to_csv(
        tmp_path / "orchard.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```pycon\n(.*?)```", PAGE, re.S)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "docs/python.md", "docs/python.md", 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    outcome = runner.run(test, out=said.append)
    assert outcome.failed == 0, "".join(said)
    assert outcome.attempted > 15
