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

COPIES_SECONDS = 5.0
"""Other devices' copies of what was refused come within these; what comes later is another try, of
somebody who has consented meanwhile."""

RUNNING, OK, FAILED = 0, 200, 412


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
    def may_be_tried(self) -> bool:
        """Whether it was not answered, or refused, so long ago that it is worth another try."""
        waits = {RUNNING: LEASE_SECONDS, FAILED: COPIES_SECONDS}.get(self.status)
        return waits is not None and self.at + waits < time()

    def create(self) -> Create:
        return Create(self.id, {"at": self.at, "status": RUNNING}, ttl=KEPT_SECONDS)

    def again(self) -> Put:
        """Take over from the one before."""
        body = {"at": time(), "status": RUNNING}
        return Put(self.id, body, etag=self.etag, ttl=KEPT_SECONDS)

    def answered(self, status: int) -> Put:
        return Put(self.id, {"at": self.at, "status": status}, ttl=KEPT_SECONDS)

    def dropped(self) -> Delete:
        return Delete(self.id)
