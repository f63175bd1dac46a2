"""That a client has posted a proof of who signed in, and what it was answered: each is good once.

Teams posts the same proof from every device that the person has it open on.
"""

from dataclasses import dataclass
from time import time
from typing import Self

from shared.event import event_id
from shared.ports.store import Create, Delete, Item, Put

KEPT_SECONDS = 900
"""Longer than an offer to sign in lasts."""

LEASE_SECONDS = 10.0
"""After these, whoever began and has answered nothing will not do so any more."""

RUNNING = 0


@dataclass(frozen=True, slots=True)
class SignInTry:
    """`id` stands for who posted what; `status` is the answer's, `RUNNING` before."""

    id: str
    at: float
    status: int = RUNNING
    etag: str = ""

    @classmethod
    def new(cls, *proof: str) -> Self:
        return cls(f"sign-in:{event_id(*proof)}", time())

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(item.id, item.body["at"], item.body["status"], item.etag)

    @property
    def is_lost(self) -> bool:
        return self.status == RUNNING and self.at + LEASE_SECONDS < time()

    def create(self) -> Create:
        return Create(self.id, {"at": self.at, "status": RUNNING}, ttl=KEPT_SECONDS)

    def again(self) -> Put:
        """Take over from whoever was lost."""
        body = {"at": time(), "status": RUNNING}
        return Put(self.id, body, etag=self.etag, ttl=KEPT_SECONDS)

    def answered(self, status: int) -> Put:
        return Put(self.id, {"at": self.at, "status": status}, ttl=KEPT_SECONDS)

    def dropped(self) -> Delete:
        return Delete(self.id)
