"""Who may read an article: groups that it, or the folder that it is in, declares.

    ---
    title: Salary bands
    access: [5f0f9e8e-6b0e-4f0e-9b39-0f8d4d2a7a11, ...]
    ---

`signed-in` stands for everybody whom Entra knows, `user:<object id>` for one person. What a
folder's `access.toml` says holds for all articles in it; an article can only narrow that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.knowledge.folder_access import SIGNED_IN
from shared.person import Person
from shared.ports.knowledge import Access, Groups
from shared.records.read import Read

NOBODY: Access = (frozenset(),)

_KEY = re.compile(r"[\"']?access[\"']?\s*[:=]\s*(.*)", re.IGNORECASE)
_ITEM = re.compile(r"\s*-\s+(.*)")
_COMMENT = re.compile(r"(^|\s)#.*")


class Reader(Protocol):
    """Whoever asks; `reads` are what they were given or refused of what is not for everybody."""

    @property
    def reads(self) -> list[Read]: ...

    async def person(self) -> Person | None: ...

    def note(self, read: Read) -> None:
        """Remember it, each article once."""
        ...


@dataclass(slots=True)
class Stranger:
    """Somebody whom nobody knows."""

    reads: list[Read] = field(default_factory=list)

    async def person(self) -> Person | None:
        return None

    def note(self, read: Read) -> None:
        self.reads.append(read)


def opens(access: Access, person: Person | None) -> bool:
    """Whether somebody may read what is declared so."""
    return opens_to(access, held(person))


def held(person: Person | None) -> frozenset[str]:
    """What somebody has to show: that they are signed in, who they are, and their groups."""
    if person is None:
        return frozenset()
    groups = (group.casefold() for group in person.groups)
    return frozenset({SIGNED_IN, person_principal(person.id), *groups})


def person_principal(id: str) -> str:
    """How `access` names one person, by their object id."""
    return f"user:{id.casefold()}"


def opens_to(access: Access, principals: frozenset[str]) -> bool:
    """Whether who holds `principals` may read what is declared so."""
    return all(groups & principals for groups in access)


def shown(access: Access) -> str:
    """What a reader must have, for the record."""
    return " and ".join(" or ".join(sorted(groups)) or "nobody" for groups in access)


def of_front_matter(lines: Sequence[str]) -> Access:
    """Read `access` from the lines of a front matter, as TOML or YAML write a list.

    Once it is declared, what cannot be understood opens to nobody.
    """
    for number, line in enumerate(lines):
        if found := _KEY.fullmatch(_COMMENT.sub("", line).strip()):
            return (_groups(found[1], lines[number + 1 :]),)
    return ()


def _groups(value: str, following: Sequence[str]) -> Groups:
    if not value:
        return _named(_items(following))
    if value.startswith("["):
        value = " ".join([value, *following]) if "]" not in value else value
        inside, closed, _ = value[1:].partition("]")
        return _named(inside.split(",")) if closed else frozenset()
    return _named(value.split(","))


def _items(lines: Sequence[str]) -> list[str]:
    found = []
    for line in lines:
        item = _ITEM.fullmatch(_COMMENT.sub("", line))
        if item is None:
            break
        found.append(item[1])
    return found


def _named(parts: Sequence[str]) -> Groups:
    names = (part.strip().strip("\"'").strip().casefold() for part in parts)
    return frozenset(name for name in names if name)
