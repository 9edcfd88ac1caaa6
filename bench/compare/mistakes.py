"""Ten planted mistakes in each variant, and which of them mypy finds (as an editor that runs it does)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.compare.variants import Variant, named
from bench.prepared import OUT

MISTAKES: Final = (
    "a group is misspelt where it is read",
    "the whole tumor is passed on, not its numbers",
    "one argument too many",
    "`return` is forgotten",
    "a method of the framework is misspelt",
    "a field is declared as text",
    "a keyword of the framework is misspelt",
    "a field may be null, and nobody asks whether it is",
    "a NumPy array is put into the answer",
    "the status is text",
)
Change = tuple[str, str]
"""What is written instead of what."""
CALL: Final = "answer(row)"
ARRAY: Final[Change] = ("dict(zip(model.classes_.tolist(), probabilities.tolist(), strict=True))", "probabilities")
GROUP: Final[Change] = ('("mean", "error", "worst")', '("mean", "error", "wurst")')
FLASK: Final[Change] = ('@app.post("/predict")', '@app.post("/predict", endpont="predict")')
POST: Final[Change] = ("@app.post(", "@app.pots(")
PATH: Final[Change] = ('path("predict", views.predict)', 'path("predict", views.predict, nam="predict")')
RADIUS: Final = "    radius: float"


def _changes(
    call: str, passed: str, group: Change, method: Change, text: Change | None, keyword: Change, null: Change,
    status: Change,
) -> Sequence[Change | None]:  # fmt: skip
    """The changes of one variant, in the order of `MISTAKES`."""
    forgotten = (f"    return {call}", f"    {call}")
    many = (f"return {call}", f"return {call}".replace(CALL, "answer(row, True)"))
    whole = (f"return {call}", f"return {call}".replace(CALL, f"answer({passed})"))
    return (group, whole, many, forgotten, method, text, keyword, null, ARRAY, status)


def _typed(name: str, field: str, **others: Change) -> Sequence[Change | None]:
    text, null = (field, f"{RADIUS[:-5]}str"), (field, f"{field} | None")
    changes = {"method": POST, "keyword": FLASK, "status": (f"return {CALL}", f'return {CALL}, "200"')} | others
    return _changes(CALL, name, (f"{name}.worst)", f"{name}.wurst)"), text=text, null=null, **changes)


def _schema(field: str, text: str, null: str, status: Change) -> Sequence[Change | None]:
    return _changes(CALL, "tumor", GROUP, POST, (field, text), FLASK, (field, null), status)


MARSHMALLOW: Final = "radius = fields.Float(required=True)"
REST: Final = "radius = serializers.FloatField()"
CHANGES: Final[Mapping[str, Sequence[Change | None]]] = {
    "flask_plain": _changes(
        CALL, "tumor", GROUP, POST, None, FLASK, ("tumor[group][name]", "tumor[group].get(name)"),
        (f"return {CALL}", f'return {CALL}, "200"'),
    ),
    "flask_marshmallow": _schema(
        MARSHMALLOW, "radius = fields.String(required=True)", "radius = fields.Float(allow_none=True)",
        ("}, 422", '}, "422"')
    ),
    "flask_inputs": _schema(
        '{"type": "number"}', '{"type": "string"}', '{"type": ["number", "null"]}', ("}, 400", '}, "400"')
    ),
    "flask_pydantic": _typed("body", RADIUS),
    "fastapi_def": _typed(
        "tumor", RADIUS, keyword=('@app.post("/predict")', '@app.post("/predict", status_cod=200)'),
        status=('@app.post("/predict")', '@app.post("/predict", status_code="200")'),
    ),
    "django_plain": _changes(
        f"JsonResponse({CALL})", "tumor", GROUP, ("request.body", "request.bdy"), None, PATH,
        ("tumor[group][name]", "tumor[group].get(name)"),
        (f"JsonResponse({CALL})", f'JsonResponse({CALL}, status="200")'),
    ),
    "django_rest": _changes(
        f"Response({CALL})", "tumor", GROUP, (".is_valid(", ".isvalid("),
        (REST, "radius = serializers.CharField()"), PATH,
        (REST, "radius = serializers.FloatField(allow_null=True)"),
        (f"Response({CALL})", f'Response({CALL}, status="200")'),
    ),
    "django_ninja": _typed(
        "tumor", RADIUS, method=("@api.post(", "@api.pots("),
        keyword=('@api.post("/predict")', '@api.post("/predict", respons=None)'),
        status=(f"return {CALL}", f'return "200", {CALL}'),
    ),
}  # fmt: skip
"""By variant. A door has no code of the caller's in which these could be made."""
CONFIGURATION: Final = """[mypy]
strict = true
ignore_missing_imports = true
disallow_untyped_decorators = false
disallow_subclassing_any = false
explicit_package_bases = true
plugins = pydantic.mypy, mypy_django_plugin.main, mypy_drf_plugin.main
[mypy.plugins.django-stubs]
django_settings_module = django_rest_0.project.settings
"""


def found() -> Mapping[str, Sequence[bool | None]]:
    """Does mypy find each mistake? None where a variant has no place for it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, changes in CHANGES.items():
            for number, change in enumerate([("", ""), *changes]):
                if change is not None:
                    plant(named(name), change, root / f"{name}_{number}")
        (root / "mypy.ini").write_text(CONFIGURATION)
        errors = _checked(root)
    return {
        name: [None if change is None else errors.get(f"{name}_{number}", 0) > errors.get(f"{name}_0", 0)
               for number, change in enumerate(changes, start=1)]
        for name, changes in CHANGES.items()
    }  # fmt: skip


def plant(variant: Variant, change: Change, folder: Path) -> None:
    """Write the variant with this change into a folder, which is a package of that name."""
    old, new = change
    planted = 0
    for path in variant.files:
        source = path.read_text()
        planted += source.count(old) if old else 1
        target = folder / path.relative_to(variant.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.replace(old, new) if old else source
        target.write_text(re.sub(r"^from project", f"from {folder.name}.project", text, flags=re.MULTILINE))
    if old and planted != 1:
        raise ValueError(f"{variant.name}: {old!r} is there {planted} times, and not once.")


def _checked(root: Path) -> Mapping[str, int]:
    """The number of errors below each folder."""
    command = [sys.executable, "-m", "mypy", "--output=json", "--cache-dir", str(OUT / "compare-mypy"), "."]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "MYPYPATH": str(root)}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode not in (0, 1):
        raise RuntimeError(f"mypy ended with code {done.returncode}: {done.stderr[-500:]}{done.stdout[-500:]}")
    errors: dict[str, int] = {}
    for line in done.stdout.splitlines():
        if line.startswith("{") and (entry := json.loads(line))["severity"] == "error":
            place = Path(entry["file"]).parts[0]
            errors[place] = errors.get(place, 0) + 1
    return errors
