"""The files of a new project: a recipe, and the templates around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from twinserve import __version__
from twinserve.errors import AskedWrongly
from twinserve.scaffold.layout import prose
from twinserve.scaffold.names import module_name, variable_name

MARK: Final = re.compile(r"\{\{(\w+)\}\}")
HIDDEN: Final = frozenset({"gitignore", "dockerignore", "env"})
"""Templates whose files begin with a dot."""


class NotEmpty(AskedWrongly):
    """The folder of a new project holds files, or is one."""


@dataclass(frozen=True)
class Project:
    """What the templates name."""

    name: str
    location: str
    """Of the data, as it was given."""
    targets: tuple[str, ...] = ()
    """The columns that are predicted, where they are known already."""

    @property
    def recipe_file(self) -> str:
        """The recipe's file within the project."""
        return f"model/{module_name(self.name)}.py"

    @property
    def variable(self) -> str:
        """The environment variable that names another file for the data."""
        return variable_name(self.name)

    def files(self, recipe: str) -> Mapping[str, str]:
        """The content of each file by its path within the project; `recipe` is the source of the recipe."""
        predicted = " and ".join(f"'{prose(target)}'" for target in self.targets)
        values = {
            "name": self.name,
            "module": module_name(self.name),
            "variable": self.variable,
            "version": __version__,
            "file": prose(Path(self.location).name).replace(" ", "_"),
            "place": prose(self.location),
            "about": f"Predicts {predicted} from {prose(Path(self.location).name)}.",
        }
        filled = {name: MARK.sub(lambda mark: values[mark[1]], text) for name, text in templates().items()}
        return {**filled, self.recipe_file: recipe}


def templates() -> Mapping[str, str]:
    """The templates by the path of the file that each becomes."""
    root = Path(str(resources.files("twinserve.scaffold") / "templates"))
    texts = {}
    for path in sorted(root.rglob("*.txt")):
        name = path.relative_to(root).as_posix().removesuffix(".txt")
        texts[f".{name}" if name in HIDDEN else name] = path.read_text(encoding="utf-8")
    return texts


def require_empty(folder: Path) -> None:
    """Raise `NotEmpty` where a file would have to give way, or might be taken for one of the project's."""
    if folder.exists() and not folder.is_dir():
        raise NotEmpty(f"{str(folder)!r} is a file; give the name of a folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise NotEmpty(
            f"The folder {str(folder)!r} is not empty; give another, or --force to write the project's files into it."
        )


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, over those of the same names; others stay."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
