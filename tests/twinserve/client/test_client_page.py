"""The examples of `docs/client.md` give what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from harness import ROOT
from harness.running import running
from twinserve import client

PAGE = (ROOT / "docs" / "client.md").read_text()


@pytest.mark.slow
def test_the_page_s_examples(artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another, as a reader would type them, at a real server."""
    monkeypatch.chdir(tmp_path)
    with running("serve_fastapi", tmp_path, artifacts) as server:
        blocks = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.S)).replace(":8000", f":{server.port}")
        test = doctest.DocTestParser().get_doctest(blocks, {}, "docs/client.md", "docs/client.md", 0)
        said: list[str] = []
        outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
        test.globs["client"].close()
    assert outcome.failed == 0, "".join(said)
    assert outcome.attempted > 15


def test_every_exception_stands_on_the_page() -> None:
    named = set(re.findall(r"`([A-Za-z]+)`", PAGE))
    exceptions = {name for name in client.__all__ if issubclass(getattr(client, name), Exception)}
    assert named >= exceptions
