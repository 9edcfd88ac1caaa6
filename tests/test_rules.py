"""The rules of the house: which room may import what, how long a file may be, and what stands at each door.

Imports are looked at in fresh interpreters, as a module that is already there would hide one that is missing.
"""

from __future__ import annotations

import ast
import importlib.metadata
import itertools
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from harness import ROOT

ROOMS = ("twinserve", "model", "serve_flask", "serve_fastapi", "serve_django")
INNER = sorted(
    str(path.parent.relative_to(ROOT))
    for path in (ROOT / "twinserve").rglob("__init__.py")
    if path.parent != ROOT / "twinserve"
)
"""The rooms of the library."""
FLASK, FASTAPI = frozenset({"flask", "werkzeug"}), frozenset({"fastapi", "starlette", "uvicorn", "httptools", "uvloop"})
DJANGO = frozenset({"django", "asgiref"})
FRAMEWORKS = FLASK | FASTAPI | DJANGO | {"gunicorn"}
DOORS = frozenset({"serve_flask", "serve_fastapi", "serve_django"})
WHEEL = ("twinserve", *sorted(DOORS), "serve_ray")
PART_OF = {"annotated_types": "pydantic", "pydantic_core": "pydantic", "starlette": "fastapi", "werkzeug": "flask"}
"""Packages that a declared library is made of, and the library: it chooses their version."""
LONGEST_FILE = 250
LONGEST_README = 8
SOURCES = sorted(path for room in (*ROOMS, "serve_ray", "examples", "harness") for path in (ROOT / room).rglob("*.py"))
PROGRAMS = sorted(path for room in ("bench", "faults") for path in (ROOT / room).rglob("*.py"))

SERVER = "twinserve.wsgi.server"
"""The one room of the library that imports a server."""
TOOLS = frozenset({"harness", "bench", "faults", "tests"})
"""What runs, measures and tests the rooms; these know nothing of it."""
FORBIDDEN = {
    "twinserve": TOOLS | FRAMEWORKS | DOORS | {"model"},
    "model": TOOLS | FRAMEWORKS | DOORS,
    SERVER: TOOLS | FRAMEWORKS - {"gunicorn"} | DOORS | {"model"},
    "serve_flask": TOOLS | FASTAPI | DJANGO | DOORS - {"serve_flask"} | {"model"},
    "serve_fastapi": TOOLS | FLASK | DJANGO | DOORS - {"serve_fastapi"} | {"model", "gunicorn"},
    "serve_django": TOOLS | FLASK | FASTAPI | DOORS - {"serve_django"} | {"model"},
    "serve_ray": TOOLS | DJANGO | {"model", "gunicorn", "flask", "fastapi", "uvicorn"},
    "harness": TOOLS - {"harness"} | FRAMEWORKS | DOORS,
    "bench": frozenset({"tests", "faults"}),
    "faults": frozenset({"tests"}),
    "examples": TOOLS,
}


def modules(room: str) -> list[str]:
    """Every module of a room, which is a dotted name, but its program and the rooms in it that have another rule."""
    found = pkgutil.walk_packages([str(ROOT / room.replace(".", "/"))], prefix=f"{room}.")
    others = tuple(f"{other}." for other in (SERVER,) if other != room)
    return [
        room,
        *(
            module.name
            for module in found
            if not module.name.endswith("__main__") and not f"{module.name}.".startswith(others)
        ),
    ]


def imported_by(statement: str) -> set[str]:
    """The top-level names that a fresh, isolated interpreter has loaded after a statement."""
    program = f"import json, sys\nsys.path.insert(0, {str(ROOT)!r})\n{statement}\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=False, env={})
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@cache
def loaded_by_all_of(room: str) -> set[str]:
    """The top-level names that are loaded with every module of a room. Nothing may be written, printed or started by
    that, and the environment stays as it was, but for what scikit-learn sets."""
    program = (
        f"import sys, os, threading\nsys.path.insert(0, {str(ROOT)!r})\nbefore = dict(os.environ)\n"
        f"import {', '.join(modules(room))}\n"
        "new = set(os.environ.items()) ^ set(before.items())\n"
        "assert {name for name, _ in new} <= {'KMP_DUPLICATE_LIB_OK', 'KMP_INIT_AT_FORK'}, new\n"
        "assert threading.active_count() == 1\n"
        "print('loaded:', *sys.modules)"
    )
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-Ic", program], capture_output=True, text=True, check=False, cwd=folder, env=environment
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert list(Path(folder).iterdir()) == []
    first, *names = done.stdout.split()
    assert first == "loaded:"
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("room", [*ROOMS, SERVER, "harness"])
def test_a_room_imports_nothing_that_its_rule_forbids(room: str) -> None:
    """Arrows point one way: a door to the library, this project's model to the library, neither back. And importing
    has no side effects."""
    assert loaded_by_all_of(room) & FORBIDDEN[room] == set()


def imports_in(path: Path) -> set[str]:
    """The top-level names that a file imports anywhere, but for those that only a type checker reads."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in set(ast.walk(tree)) - for_types:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").partition(".")[0])
    return names


def test_no_import_inside_a_function_breaks_the_rule_either() -> None:
    """What runs later is read in the source."""

    def forbidden(path: Path) -> frozenset[str]:
        room = SERVER if path.is_relative_to(ROOT / SERVER.replace(".", "/")) else path.relative_to(ROOT).parts[0]
        return FORBIDDEN.get(room, frozenset())

    found = {path: imports_in(path) & forbidden(path) for path in (*SOURCES, *PROGRAMS)}
    assert {path: names for path, names in found.items() if names} == {}


def normalized(requirement: str) -> str:
    """The name in a requirement, as PyPI compares names."""
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_whatever_the_wheel_imports_is_declared() -> None:
    """In its dependencies or an extra, as a package that only another one brings may go with its next version. What is
    not installed here (Ray) has the name of its module."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name: wanted for name, wanted in project["optional-dependencies"].items() if name != "dev"}
    declared = {normalized(wanted) for wanted in itertools.chain(project["dependencies"], *extras.values())}
    distributions = importlib.metadata.packages_distributions()
    imported = set().union(*(imports_in(path) for room in WHEEL for path in (ROOT / room).rglob("*.py")))
    for name in imported - sys.stdlib_module_names - set(WHEEL):
        owner = PART_OF.get(name, name)
        assert declared & {normalized(found) for found in distributions.get(owner, [owner])}, name
        if name in PART_OF:
            assert normalized(name) in map(normalized, importlib.metadata.requires(owner) or ()), name


def test_only_the_service_the_server_and_the_commands_take_settings_from_the_environment() -> None:
    """Elsewhere everything comes in as an argument. Two files set variables that a library reads while it is loaded."""
    library = ROOT / "twinserve"
    of_rooms = [path for path in SOURCES if path.is_relative_to(library)]
    others = tuple(library / room for room in ("service", "cli", "wsgi/server"))

    def named(path: Path) -> set[str]:
        attributes = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        return attributes & {"environ", "environb", "getenv", "putenv"}

    found = {path: named(path) for path in of_rooms if not any(path.is_relative_to(room) for room in others)}
    assert {path.name: names for path, names in found.items() if names} == {
        "runtime.py": {"environ"},
        "drawing.py": {"environ"},
    }


@pytest.mark.parametrize(
    ("library", "place"), [("onnxruntime", "predict/runtime.py"), ("matplotlib", "card/drawing.py")]
)
def test_a_library_that_writes_into_the_home_is_loaded_in_one_place(library: str, place: str) -> None:
    """Where it is told not to, before. What only a type checker reads loads nothing."""
    tests = (ROOT / "tests").rglob("*.py")
    ours = [path for path in (*SOURCES, *PROGRAMS, *tests, *ROOT.glob("*.py")) if "peers" not in path.parts]
    for_types = "if TYPE_CHECKING:\n    import onnxruntime as ort\n"
    sources = {path: path.read_text().replace(for_types, "") for path in ours}
    named = {path for path, text in sources.items() if re.search(rf"^ *(import|from) {library}\b", text, re.MULTILINE)}
    assert named - {ROOT / "bench" / "plots.py"} == {ROOT / "twinserve" / place}


@pytest.mark.parametrize(
    "package",
    [
        "twinserve",
        "twinserve.service",
        "twinserve.service.settings",
        "twinserve.service.process.startup",
        *sorted(DOORS),
    ],
)
def test_what_a_program_imports_first_loads_no_numpy(package: str) -> None:
    """NumPy takes its number of threads from the environment when it is loaded, so settings must come before."""
    assert "numpy" not in imported_by(f"import {package}")


def test_pytest_is_known_to_the_suite_alone() -> None:
    """Who serves needs no test runner; and nothing else in the library imports the suite."""
    for path in SOURCES:
        if path.is_relative_to(ROOT / "twinserve") and not path.is_relative_to(ROOT / "twinserve" / "testing"):
            assert not re.search(r"^ *(import|from) (pytest|twinserve\.testing)\b", path.read_text(), re.MULTILINE), (
                path
            )


UNKNOWN_TO = {
    "twinserve": {"numpy", "pandas", "pydantic"},
    "twinserve.signature.request.validator": {"pandas", "sklearn", "onnx"},
    "twinserve.tables.formats": {"numpy", "pandas", "sklearn", "pyarrow"},
    "twinserve.graph.check": {"onnx", "onnxruntime", "google"},
    ", ".join(modules("twinserve.predict")): {"pandas", "sklearn", "joblib", "skops", "onnx", "onnxruntime"},
    ", ".join(modules("twinserve.store")): {"pandas", "sklearn", "joblib", "skops", "onnx", "onnxruntime"},
    "twinserve.inprocess.model, twinserve.inprocess.opening": {
        *("pandas", "sklearn", "joblib", "skops", "onnx", "matplotlib", "prometheus_client", "structlog"),
    },
    "twinserve.service.service": {"pandas", "sklearn", "joblib", "skops", "onnx", "matplotlib"},
    "twinserve.bulk.scoring": {"pandas", "pyarrow", "sklearn", "joblib", "skops", "onnx", "matplotlib"},
    "twinserve.training.fit": {"onnx", "matplotlib"},
    "twinserve.client": {"numpy", "pandas", "polars", "pyarrow", "pydantic", "sklearn", "onnxruntime"},
    "twinserve.testing": {"pandas", "sklearn", "joblib", "skops", "onnx", "hypothesis", "httpx2"},
}


@pytest.mark.parametrize("module", UNKNOWN_TO, ids=lambda module: module.partition(",")[0])
def test_a_room_loads_nothing_that_it_does_not_need(module: str) -> None:
    """So a server of a compiled model never pays for what trained it."""
    assert imported_by(f"import {module}") & UNKNOWN_TO[module] == set()


def test_importing_the_library_takes_no_time() -> None:
    """It loads none but Python's own modules, and few of these: NumPy alone would take 100 ms."""
    statement = "import sys; before = set(sys.modules); import twinserve; assert len(set(sys.modules) - before) < 20"
    assert imported_by(statement) & {"numpy", "pydantic", "flask", "fastapi", "asyncio"} == set()


def test_a_source_file_is_short() -> None:
    """Under 250 lines, as a longer one holds two things."""
    lengths = {path: len(path.read_text().splitlines()) for path in (*SOURCES, *PROGRAMS)}
    assert {path: length for path, length in lengths.items() if length >= LONGEST_FILE} == {}


@pytest.mark.parametrize(
    "room",
    [
        *(*ROOMS, *INNER, "serve_fastapi/server"),
        *("bench", "deploy", "examples", "faults", "harness", "tests"),
    ],
)
def test_a_room_says_its_rule_at_the_door(room: str) -> None:
    """In a README of eight lines at most."""
    lines = (ROOT / room / "README.md").read_text().splitlines()
    assert lines[0] == f"# {room}/"
    assert len(lines) <= LONGEST_README


def test_no_drawer_for_everything() -> None:
    """Files are named for one noun each."""
    assert {path.stem for path in (*SOURCES, *PROGRAMS)} & {"utils", "util", "helpers", "common", "misc"} == set()


WSGI = "twinserve/wsgi"
ALIKE = {
    "__main__.py": (("serve_flask/__main__.py",), {"settings"}),
    "app.py": (("serve_flask/app.py",), {"create_app", "DoorApp", "DoorApp.plain"}),
    "deadline.py": ((f"{WSGI}/deadline.py",), {"reply_of", "reply_of_step", "opened"}),
    "raw_endpoint.py": (
        (f"{WSGI}/raw_endpoint.py",),
        {"AnyAnswer", "Endpoint", "Endpoint.__init__", "Endpoint.__call__", "header_lookup", "header_key"},
    ),
    "reading.py": (("serve_flask/reading.py",), {"Body"}),
    "routes.py": (
        ("serve_flask/routes.py", f"{WSGI}/answers.py"),
        {
            *("exchanged", "read_body", "predict", "stream", "token", "read", "other_method", "not_found"),
            *("asked_of", "given", "authorize", "PLAIN", "ANSWERS"),
        },
    ),
    "streaming.py": ((f"{WSGI}/streaming.py",), {"streamed", "answer_pieces", "body_pieces"}),
}
"""By file of the FastAPI door: the files that do the same for Flask, and the names that both define."""


def defined_in(nodes: Iterable[ast.stmt], prefix: str = "") -> Iterator[str]:
    """The functions, classes, methods and constants of a file, in its order."""
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield prefix + node.name
            case ast.ClassDef():
                yield prefix + node.name
                yield from defined_in(node.body, f"{prefix}{node.name}.")
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                yield prefix + name
            case ast.If():
                yield from defined_in(node.body, prefix)


def test_each_file_that_two_doors_have_is_compared() -> None:
    """Their servers differ, so the files of `server/` are their own."""
    fastapi, *others = (
        {path.name for path in (ROOT / room).glob("*.py")} for room in ("serve_fastapi", "serve_flask", WSGI)
    )
    assert fastapi & set().union(*others) == {*ALIKE, "__init__.py"}


@pytest.mark.parametrize("file", ALIKE)
def test_the_doors_read_alike(file: str) -> None:
    """The same names in the same order, so that a difference shows only the frameworks."""
    files, names = ALIKE[file]
    fastapi = [*defined_in(ast.parse((ROOT / "serve_fastapi" / file).read_text()).body)]
    flask = [name for other in files for name in defined_in(ast.parse((ROOT / other).read_text()).body)]
    shared = set(flask) & set(fastapi)
    assert shared >= names
    assert [name for name in flask if name in shared] == [name for name in fastapi if name in shared]


WSGI_DOORS_ALIKE = {
    "__main__.py": {"settings"},
    "app.py": {"create_app", "SIGNALS", "DoorApp", "DoorApp.plain"},
    "door.py": {"create_app", "DOOR"},
    "private_names.py": {"PRIVATE"},
    "reading.py": {"Body", "Body.read", "Body._stream"},
}
"""By file: the names that the doors of Flask and Django define."""


def test_each_file_that_the_wsgi_doors_have_is_compared() -> None:
    flask, django = ({path.name for path in (ROOT / door).glob("*.py")} for door in ("serve_flask", "serve_django"))
    assert flask & django == {*WSGI_DOORS_ALIKE, "__init__.py"}


@pytest.mark.parametrize("file", WSGI_DOORS_ALIKE)
def test_the_wsgi_doors_read_alike(file: str) -> None:
    """The same names in the same order."""
    flask, django = (
        [*defined_in(ast.parse((ROOT / door / file).read_text()).body)] for door in ("serve_flask", "serve_django")
    )
    shared = set(flask) & set(django)
    assert shared >= WSGI_DOORS_ALIKE[file]
    assert [name for name in flask if name in shared] == [name for name in django if name in shared]
