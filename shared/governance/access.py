"""Who may what, where: grants of a role in departments, and what they add up to for a caller."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from shared.governance.roles import Role

EVERYWHERE = "*"
LAPTOP = "laptop"
"""First part of a group `laptop:<role>:<department>`, which is its own grant on a laptop."""


@dataclass(frozen=True, slots=True)
class Grant:
    """`who` is `role:<app role>`, `group:<object id>` or `user:<object id>`."""

    who: str
    role: Role
    departments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Departments:
    """Those that somebody may see: `bot.department in departments`."""

    names: frozenset[str] = frozenset()

    def __contains__(self, department: object) -> bool:
        return self.everywhere or department in self.names

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def everywhere(self) -> bool:
        """Whether what belongs to no department, or to several, is in it too."""
        return EVERYWHERE in self.names


ALL = Departments(frozenset({EVERYWHERE}))


@dataclass(frozen=True, slots=True)
class Rights:
    """What one caller may: a role in each of some departments. None at all by default."""

    grants: Collection[Grant] = field(default=())

    def departments(self, least: Role) -> Departments:
        """Where the caller is `least` or more."""
        wide = [grant.departments for grant in self.grants if grant.role >= least]
        return Departments(frozenset().union(*wide))

    @property
    def role(self) -> Role | None:
        """The highest one, wherever it is held."""
        return max((grant.role for grant in self.grants), default=None)


@dataclass(frozen=True, slots=True)
class Access:
    """The grants there are. `laptop` also takes groups that are their own grants."""

    grants: Collection[Grant] = ()
    laptop: bool = False

    def rights(self, oid: str, roles: Iterable[str] = (), groups: Iterable[str] = ()) -> Rights:
        """Add up what is granted to a person, to their app roles and to their groups."""
        groups = list(groups)
        held = {f"user:{oid.lower()}", *(f"role:{name}" for name in roles)}
        held |= {f"group:{id.lower()}" for id in groups}
        granted = [grant for grant in self.grants if grant.who in held]
        if self.laptop:
            granted += [grant for id in groups if (grant := laptop_grant(id))]
        return Rights(granted)


def laptop_group(role: Role, department: str) -> str:
    """Name the group that grants a role in a department to whom the stand-in puts into it."""
    return f"{LAPTOP}:{role.name.lower()}:{department}"


def laptop_grant(group: str) -> Grant | None:
    """Read what `laptop_group` wrote; None for any other group."""
    prefix, _, rest = group.partition(":")
    role, _, department = rest.partition(":")
    if prefix != LAPTOP or not department or role.upper() not in Role.__members__:
        return None
    return Grant(f"group:{group}", Role[role.upper()], frozenset({department}))
