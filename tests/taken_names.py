"""Finds the names that a file of ours takes from other libraries, by reading its source.

A name is taken by an import, by an attribute (`self.processes`, `worker.process.kill`), by a definition in a class that
extends one of theirs, and by a keyword argument of such a class. What an expression holds is known from imports,
annotations, assignments, loops, our own classes and a table for the attributes of theirs. What a function returns, and
what is only a string (a key of a scope or an environ), is not followed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

Holder = type | ModuleType
COLLECTIONS = {"list", "set", "sorted", "reversed", "Iterable", "Iterator", "Sequence"}
"""What holds as its elements do, as an annotation or as a call."""


@dataclass
class Taken:
    """What a file takes."""

    names: set[tuple[Holder, str]] = field(default_factory=set)
    """The class or module, and the name in it."""
    unknown: set[str] = field(default_factory=set)
    """`Class.attribute` of theirs from which something is taken, and of which the table does not say what it holds."""


def package_of(holder: Holder) -> str:
    """The top-level package."""
    name = holder.__name__ if isinstance(holder, ModuleType) else holder.__module__
    return name.partition(".")[0]


def named(place: str) -> Any:
    """What `module`, `module:Class` or `module:Class.name` names."""
    module, _, path = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found


@cache
def source_of(kind: type) -> str:
    """The source of a class; none where it is compiled."""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""


def has(kind: type, name: str) -> bool:
    """Does this class itself define the name, or set it on its instances?"""
    return name in vars(kind) or re.search(rf"\bself\.{name}\b", source_of(kind)) is not None


class Reader(ast.NodeVisitor):
    """Reads one file. `packages` are theirs; of Python's own modules, only names with an underscore count."""

    def __init__(self, module: ModuleType, packages: frozenset[str], holds: Mapping[str, Holder]) -> None:
        self.module, self.packages, self.holds = module, packages, holds
        self.taken = Taken()
        self.scope: dict[str, Holder | None] = {}
        self.kind: type | None = None
        """The class that is being read."""

    def take(self, holder: Holder, name: str) -> None:
        """Note a name, if it is theirs."""
        if re.fullmatch("__.+__", name):
            return
        if isinstance(holder, ModuleType):
            if not isinstance(getattr(holder, name, None), ModuleType) and self.counts(holder, name):
                self.taken.names.add((holder, name))
            return
        theirs = [base for base in holder.__mro__ if self.counts(base, name)]
        if any(has(base, name) for base in theirs):
            self.taken.names.add((theirs[0], name))

    def counts(self, holder: Holder, name: str) -> bool:
        """Is this class or module one of those whose names are looked for?"""
        package = package_of(holder)
        return package in self.packages or (package in sys.stdlib_module_names and name.startswith("_"))

    def held(self, node: ast.expr | None) -> Holder | None:
        """The class of which this expression holds an instance or several, or the class or module that it names."""
        match node:
            case ast.Name(name):
                found = self.scope[name] if name in self.scope else vars(self.module).get(name)
                return found if isinstance(found, type | ModuleType) else None
            case ast.Attribute(value, name):
                holder = self.held(value)
                return None if holder is None else self.attribute(holder, name)
            case ast.Call(ast.Name("super")):
                return self.kind
            case ast.Call(ast.Name(name), [argument]) if name in COLLECTIONS:
                return self.held(argument)
            case ast.Call(function):
                return self.held(function)
            case ast.List([item]) | ast.Subscript(item) | ast.Starred(item) | ast.BinOp(item):
                return self.held(item)
        return None

    def attribute(self, holder: Holder, name: str) -> Holder | None:
        """What an attribute holds: as annotated in our class, or as the table says of theirs."""
        if isinstance(holder, ModuleType):
            found = getattr(holder, name, None)
            return found if isinstance(found, type | ModuleType) else None
        for base in holder.__mro__:
            if package_of(base) in self.packages and f"{base.__name__}.{name}" in self.holds:
                return self.holds[f"{base.__name__}.{name}"]
            annotation = vars(base).get("__annotations__", {}).get(name)
            if package_of(base) not in self.packages and isinstance(annotation, str):
                return Reader(sys.modules[base.__module__], self.packages, self.holds).annotated(ast.parse(annotation))
        return None

    def annotated(self, node: ast.AST | None) -> Holder | None:
        """The class that an annotation names; of a collection, that of its elements."""
        match node:
            case ast.Module([ast.Expr(value)]):
                return self.annotated(value)
            case ast.Name() | ast.Attribute():
                return self.held(node)
            case ast.BinOp(left, _, right):
                return self.annotated(left) or self.annotated(right)
            case ast.Subscript(ast.Name(name), item) if name in COLLECTIONS:
                return self.annotated(item)
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # As `ast` calls it.
        """An import: in a function or a block for types, it also gives a name."""
        if (node.module or "").partition(".")[0] not in {*self.packages, *sys.stdlib_module_names} - {"_typeshed"}:
            return
        module = importlib.import_module(node.module or "")
        for alias in node.names:
            self.take(module, alias.name)
            found = getattr(module, alias.name, None)
            if alias.name not in vars(self.module) and isinstance(found, type | ModuleType):
                self.scope[alias.name] = found

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """An attribute of theirs, read or set."""
        self.generic_visit(node)
        holder = self.known(node.value)
        if holder is not None:
            self.take(holder, node.attr)

    def known(self, node: ast.expr) -> Holder | None:
        """As `held`; notes an attribute of theirs that is used further and is not in the table."""
        holder = self.held(node)
        while isinstance(node, ast.Subscript):
            node = node.value
        if holder is None and isinstance(node, ast.Attribute) and isinstance(owner := self.held(node.value), type):
            theirs = [base for base in owner.__mro__ if package_of(base) in self.packages]
            if any(has(base, node.attr) for base in theirs):
                self.taken.unknown.add(f"{theirs[0].__name__}.{node.attr}")
        return holder

    def visit_Call(self, node: ast.Call) -> None:
        """The keyword arguments of a class of theirs, or of one of ours that keeps its `__init__`."""
        self.generic_visit(node)
        kind = self.held(node.func)
        if isinstance(kind, type) and not (isinstance(node.func, ast.Name) and node.func.id in COLLECTIONS):
            maker = next(base for base in kind.__mro__ if "__init__" in vars(base))
            if package_of(maker) in self.packages:
                self.taken.names |= {(maker, keyword.arg) for keyword in node.keywords if keyword.arg}

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """What a class of ours defines, where a class that it extends has the same name."""
        kind = vars(self.module).get(node.name)
        if isinstance(kind, type):
            for part in node.body:
                match part:
                    case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.AnnAssign(ast.Name(name)):
                        self.take(kind, name)
                    case ast.Assign(targets):
                        for target in targets:
                            self.take(kind, target.id if isinstance(target, ast.Name) else "")
        with self.inside():
            self.kind = kind if isinstance(kind, type) else self.kind
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """A function: its parameters are names of their own."""
        with self.inside():
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                self.scope[argument.arg] = self.kind if argument.arg == "self" else self.annotated(argument.annotation)
            self.generic_visit(node)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # noqa: N815

    @contextmanager
    def inside(self) -> Iterator[None]:
        before, kind = dict(self.scope), self.kind
        yield
        self.scope, self.kind = before, kind

    def visit_Assign(self, node: ast.Assign) -> None:
        """A local name for something."""
        self.generic_visit(node)
        for target in node.targets:
            self.bind(target, self.held(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """One with an annotation."""
        self.generic_visit(node)
        self.bind(node.target, self.annotated(node.annotation))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """A loop over things."""
        self.bind(node.target, self.known(node.iter))
        self.generic_visit(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp) -> None:
        """The same in one expression, where the loop is written last."""
        with self.inside():
            for generator in node.generators:
                self.bind(generator.target, self.known(generator.iter))
            self.generic_visit(node)

    visit_AsyncFor = visit_For  # noqa: N815
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp  # noqa: N815

    def bind(self, target: ast.expr, holder: Holder | None) -> None:
        """Remember what a local name holds; it hides one of the file's."""
        if isinstance(target, ast.Name):
            self.scope[target.id] = holder
