"""The table of contents: a folder is a chapter, and a module that has a blueprint is in it.

A new skill is a new file and nothing else, and an app that runs a part of the skills is a folder
with a part of the files. A package that has a blueprint of its own stands for its modules.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import azure.functions as func

from shared.errors import ConfigurationError


def _blueprints() -> Iterator[func.Blueprint]:
    for chapter in iter_modules(__path__, f"{__name__}."):
        if not chapter.ispkg:
            continue
        package = import_module(chapter.name)
        if hasattr(package, "bp"):
            yield package.bp
            continue
        for page in iter_modules(package.__path__, f"{chapter.name}."):
            module = _page(page.name)
            if hasattr(module, "bp"):
                yield module.bp


def _page(name: str) -> ModuleType:
    """Import a module. Raises ConfigurationError, one line, for one that cannot be."""
    try:
        return import_module(name)
    except ConfigurationError:
        raise
    except Exception as error:  # whatever a new file does wrong; with its cause in the traceback
        file = f"{name.replace('.', '/')}.py"
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        kind = type(error).__name__
        raise ConfigurationError(f"{file}: line {_line(error, file)}: {kind}: {said}") from error


def _line(error: BaseException, file: str) -> int:
    """The last line of a file that led to an error; 1 when none did."""
    if isinstance(error, SyntaxError) and (error.filename or "").endswith(file):
        return error.lineno or 1
    found, frame = 1, error.__traceback__
    while frame:
        if frame.tb_frame.f_code.co_filename.endswith(file):
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


BLUEPRINTS = list(_blueprints())
