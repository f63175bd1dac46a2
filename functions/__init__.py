"""The table of contents: a folder is a chapter, and a module that has a blueprint is in it.

A new skill is a new file and nothing else, and an app that runs a part of the skills is a folder
with a part of the files. A package that has a blueprint of its own stands for its modules.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import azure.functions as func


def _blueprints() -> Iterator[func.Blueprint]:
    for chapter in iter_modules(__path__, f"{__name__}."):
        if not chapter.ispkg:
            continue
        package = import_module(chapter.name)
        if hasattr(package, "bp"):
            yield package.bp
            continue
        for page in iter_modules(package.__path__, f"{chapter.name}."):
            module = import_module(page.name)
            if hasattr(module, "bp"):
                yield module.bp


BLUEPRINTS = list(_blueprints())
