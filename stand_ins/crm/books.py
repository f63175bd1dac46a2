"""What the CRM keeps: customers, tickets, and the answers to requests that had a key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = tuple[int, Any]
"""A status and a JSON body."""

UNKNOWN: Answer = (404, {"error": "unknown"})


@dataclass
class Books:
    """`answers` by idempotency key, with the request they answer."""

    customers: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"c-1": {"id": "c-1", "name": "Ann", "tier": "gold"}}
    )
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[Any, Answer]] = field(default_factory=dict)

    def change_customer(self, id: str, changes: dict[str, Any]) -> Answer:
        customer = self.customers.get(id)
        if customer is None:
            return UNKNOWN
        customer |= changes
        return 200, dict(customer)

    def file_ticket(self, ticket: dict[str, Any]) -> Answer:
        if not ticket.get("text"):
            return 422, {"error": "text is missing", "field": "text"}
        id = f"T-{len(self.tickets) + 1}"
        self.tickets[id] = {"id": id, **ticket}
        return 201, self.tickets[id]

    def once(self, key: str | None, request: Any, act: Callable[[], Answer]) -> Answer:
        """Answer a key that was used before as then; 422 when that request was another."""
        if key is None:
            return act()
        first, answer = self.answers.get(key, (request, None))
        if first != request:
            return 422, {"error": "this key was used for another request"}
        if answer is None:
            answer = act()
            self.answers[key] = (request, answer)
        return answer
