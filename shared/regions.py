"""Names of regions, compared as people and Azure write them: `West Europe` is `westeurope`."""


def same_region(one: str, other: str) -> bool:
    """Whether two names mean one region; a name that is not given agrees with every other."""
    first, second = _plain(one), _plain(other)
    return not first or not second or first == second


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
