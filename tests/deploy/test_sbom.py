"""The SBOM of the image names every distribution of an environment, with version, package URL and licence."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distributions, version
from pathlib import Path

import pytest

from deploy.sbom import component, document
from harness import ROOT


def test_every_distribution_is_in_it_once() -> None:
    process = subprocess.run(
        [sys.executable, "deploy/sbom.py", "0.1.0"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(process.stdout)
    assert found == document("0.1.0")
    assert (found["bomFormat"], found["specVersion"], found["metadata"]["component"]["version"]) == (
        *("CycloneDX", "1.6"),
        "0.1.0",
    )
    purls = [one["purl"] for one in found["components"]]
    assert len(purls) == len(set(purls)) == 1 + len({(one.name.lower(), one.version) for one in distributions()})
    assert f"pkg:pypi/scikit-learn@{version('scikit-learn')}" in purls


@pytest.mark.parametrize(
    ("lines", "licences"),
    [
        ("License-Expression: BSD-3-Clause\nLicense: other", [{"expression": "BSD-3-Clause"}]),
        ("License: MIT", [{"license": {"name": "MIT"}}]),
        (
            f"License: {'a' * 200}\nClassifier: License :: OSI Approved :: MIT License",
            [{"license": {"name": "MIT License"}}],
        ),
        ("License: UNKNOWN", None),
    ],
)
def test_a_licence_is_what_the_distribution_says(lines: str, licences: list[object] | None, tmp_path: Path) -> None:
    folder = tmp_path / "a_b-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: A_B\nVersion: 1.0\n{lines}\n")
    (found,) = distributions(path=[str(tmp_path)])
    assert component(found).get("licenses") == licences
    assert component(found)["purl"] == "pkg:pypi/a-b@1.0"
