"""What the image's Python environment holds, as a CycloneDX document: `python deploy/sbom.py VERSION > sbom.cdx.json`.

Made while the image is built, by the interpreter of its environment, from what is installed there. The packages of the
base image are not in it.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from typing import Any, Final

SPEC: Final = "1.6"
LONGEST: Final = 100
"""Some packages give the whole text of their licence in place of its name."""
CLASSIFIER: Final = "License :: "


def main(version: str) -> int:
    """Print the document; `version` is that of Twinserve."""
    json.dump(document(version), sys.stdout, indent=1)
    return 0


def document(version: str) -> Mapping[str, Any]:
    """The document: Twinserve, the interpreter, and every distribution in the order of their names."""
    made_of = sorted((component(found) for found in distributions()), key=lambda one: str(one["name"]))
    python = platform.python_version()
    interpreter = {"type": "platform", "name": "python", "version": python, "purl": f"pkg:generic/python@{python}"}
    whole = {"type": "application", "name": "twinserve", "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": whole},
        "components": [interpreter, *made_of],
    }


def component(found: Distribution) -> Mapping[str, Any]:
    """One distribution; its name is normalised as package URLs require."""
    name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
    purl = f"pkg:pypi/{name}@{found.version}"
    about = {"type": "library", "bom-ref": purl, "name": name, "version": found.version, "purl": purl}
    return about | ({"licenses": named} if (named := licences(found)) else {})


def licences(found: Distribution) -> list[Mapping[str, Any]]:
    """Its SPDX expression, else the name that it gives, else those of its classifiers."""
    metadata = found.metadata.json
    if expression := metadata.get("license_expression"):
        return [{"expression": expression}]
    given = str(metadata.get("license", "UNKNOWN"))
    if given != "UNKNOWN" and len(given) <= LONGEST and "\n" not in given:
        return [{"license": {"name": given}}]
    classifiers = [line for line in metadata.get("classifier", []) if line.startswith(CLASSIFIER)]
    return [{"license": {"name": line.rpartition(" :: ")[2]}} for line in classifiers]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
