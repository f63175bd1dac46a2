"""How a simulated service misbehaves: by chance with a seed, or for certain when a test says so."""

from collections import Counter, deque
from collections.abc import Mapping
from math import inf
from random import Random
from typing import Any


class Faults:
    """Named faults, each with the chance (0 to 1) that it strikes.

    `known` maps the names to what they do. `waits` holds seconds for faults that have some: a
    Retry-After, a delay. `struck` counts.
    """

    def __init__(self, known: Mapping[str, str], *, seed: int = 0) -> None:
        self.known = known
        self.rates: dict[str, float] = {}
        self.waits: dict[str, float] = {}
        self.struck: Counter[str] = Counter()
        self._next: deque[str] = deque()
        self._random = Random(seed)

    def set(self, name: str, rate: float, wait: float | None = None) -> None:
        """Raises ValueError for a name that is not known, a rate that is no chance, no seconds."""
        self._check(name)
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of fault {name} is {rate:g}; write a number from 0 to 1")
        if wait is not None and not 0 <= wait < inf:
            raise ValueError(f"the seconds of fault {name} are {wait:g}; write 0 or more")
        self.rates[name] = rate
        if wait is not None:
            self.waits[name] = wait

    def parse(self, spec: str) -> None:
        """`NAME:RATE` or `NAME:RATE:SECONDS`, as typed. Raises ValueError."""
        name, _, rest = spec.partition(":")
        rate, _, wait = rest.partition(":")
        try:
            numbers = float(rate), float(wait) if wait else None
        except ValueError:
            raise ValueError(
                f"fault {spec!r}; write NAME:RATE or NAME:RATE:SECONDS, as in 429:0.1:2"
            ) from None
        self.set(name, *numbers)

    def once(self, name: str, times: int = 1) -> None:
        """The next `times` occasions for `name` meet it, whatever the rates say."""
        self._check(name)
        self._next.extend([name] * times)

    def strikes(self, *names: str) -> str:
        """The fault among `names` that strikes now, "" for none. One occasion, one fault."""
        for name in names:
            if name in self._next:
                self._next.remove(name)
                return self._count(name)
        for name in names:
            if (rate := self.rates.get(name, 0.0)) and self._random.random() < rate:
                return self._count(name)
        return ""

    def shuffle(self, things: list[Any]) -> None:
        self._random.shuffle(things)

    def control(self, order: Mapping[str, Any]) -> None:
        """`{"faults": {NAME: RATE or [RATE, SECONDS]}, "once": [NAME], "seed": N}`.

        Raises ValueError or TypeError, and then nothing has changed.
        """
        trial = Faults(self.known)
        for name, value in dict(order.get("faults", {})).items():
            rate, wait = value if isinstance(value, list) else (value, None)
            trial.set(str(name), float(rate), None if wait is None else float(wait))
        for name in list(order.get("once", [])):
            trial.once(str(name))
        if "seed" in order:
            self._random = Random(int(order["seed"]))
        self.rates |= trial.rates
        self.waits |= trial.waits
        self._next += trial._next

    def _count(self, name: str) -> str:
        self.struck[name] += 1
        return name

    def _check(self, name: str) -> None:
        if name not in self.known:
            raise ValueError(f"no fault {name!r}; there are {', '.join(sorted(self.known))}")
