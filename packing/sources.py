"""Which module declares which skill, and which modules of `functions` it imports."""

import ast
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from shared.migration import FIRST_VERSION
from shared.skill import Skill


def declared_skills() -> dict[str, tuple[Skill, str]]:
    """Every skill of this checkout and the module that declares it, by name."""
    package = import_module("functions.skills")
    found = {}
    for page in iter_modules(package.__path__, "functions.skills."):
        module = import_module(page.name)
        for value in vars(module).values():
            first = isinstance(value, Skill) and value.version == FIRST_VERSION
            if first and hasattr(module, "bp"):
                found[value.name] = (value, page.name)
    return found


def modules_of(skills: Collection[str]) -> list[str]:
    """The modules that declare any version of these skills."""
    package = import_module("functions.skills")
    return [
        page.name
        for page in iter_modules(package.__path__, "functions.skills.")
        if any(
            isinstance(value, Skill) and value.name in skills
            for value in vars(import_module(page.name)).values()
        )
    ]


def with_imports(root: Path, modules: Collection[str]) -> list[Path]:
    """The files of these modules, of their packages, and of all of `functions` they import."""
    waiting, found = list(modules), set[Path]()
    while waiting:
        path = _file(root, waiting.pop())
        if path is None or path in found:
            continue
        found.add(path)
        waiting += _imported(path)
        waiting += [
            ".".join(parent.relative_to(root).parts)
            for parent in path.parents
            if parent.is_relative_to(root / "functions")
        ]
        if path.name == "__init__.py" and path.parent.parent.name == "skills":
            found |= set(path.parent.rglob("*.py"))
    return sorted(found)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(root: Path, module: str) -> Path | None:
    """The file of a module of `functions`; None for what is not ours or no module."""
    if module.partition(".")[0] != "functions":
        return None
    path = root.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None
