"""What a log may say of an error: where it was raised and of which type, and no value.

Python's own messages quote what was being worked on (`invalid literal for int(): '...'`), and
that is what a person said. A text is told only where the code itself has it as a constant, or
where the platform raised its own error.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from shared.errors import FabricError

ROOT = Path(__file__).parents[2]
_PLATFORM = str(ROOT / "shared")

_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")

MOST_FRAMES = 30
"""Innermost frames that are told of one error; who calls itself for ever is no novel."""

MOST_CAUSES = 5


class HandlerFailed(Exception):
    """Work failed by a bug that is in the log; its text says the type of the error only."""


def told(error: BaseException) -> str:
    """Return one line: the platform's own words, else the error's type and what is safe of it."""
    frame, line = _innermost(error.__traceback__)
    if isinstance(error, FabricError) and (frame is None or _is_platforms(frame)):
        return str(error) or type(error).__name__
    name = type(error).__name__
    if frame is None:
        return name
    text = _constant(error, frame.f_code)
    place = f"{_short(frame.f_code.co_filename)}:{line}"
    return f"{name}: {text} ({place})" if text else f"{name} ({place})"


def code(reason: str) -> str:
    """Return the reason of a PermanentError where it is the short code that it should be."""
    return reason if _CODE.fullmatch(reason) else "not_a_code"


def trace_of(error: BaseException) -> str:
    """Return the calls that led to an error and to what caused it, the outermost call first."""
    parts = []
    for cause in _causes(error):
        calls = [
            f"  {_short(frame.f_code.co_filename)}:{line} in {frame.f_code.co_qualname}"
            for frame, line in _frames(cause.__traceback__)
        ]
        parts.append("\n".join([*calls[-MOST_FRAMES:], told(cause)]))
    return "\n".join(reversed(parts))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it was raised from, and so on."""
    cause: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _innermost(traceback: TracebackType | None) -> tuple[FrameType | None, int]:
    found: tuple[FrameType | None, int] = (None, 0)
    for found in _frames(traceback):  # noqa: B007 -- the last one is wanted
        pass
    return found


def _is_platforms(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_PLATFORM)


def _constant(error: BaseException, code: CodeType) -> str:
    """The error's text where the raising code has it as a constant, or a name that it uses."""
    name = getattr(error, "name", None)
    if isinstance(error, AttributeError | NameError) and name in code.co_names:
        return str(name)
    [text] = error.args if len(error.args) == 1 else [None]
    return text if isinstance(text, str) and text in code.co_consts else ""


def _short(path: str) -> str:
    """A file of ours by its place in the checkout, another by its last two names."""
    if path.startswith(f"{ROOT}/") and "/site-packages/" not in path:
        return path[len(str(ROOT)) + 1 :]
    return "/".join(Path(path).parts[-2:])
