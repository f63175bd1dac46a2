"""The queues there are: one for each skill, and the platform's own."""

EVENTS = "events"
"""Facts on their way to the skills that hear them."""

OUTBOUND = "outbound"
"""Wake-ups: a conversation has something to send that could not go at once."""

DEAD_LETTERS = "dead-letters"
"""What the broker gave up in any other queue."""

WEBHOOKS = "webhooks"
"""Facts on their way to systems outside."""

PLAIN = (EVENTS, WEBHOOKS, DEAD_LETTERS)
"""Those without sessions."""

_SKILL = "skill-"


def skill_queue(skill: str) -> str:
    return f"{_SKILL}{skill}"


def skill_of(queue: str) -> str:
    """The skill whose queue this is; the name of the queue when it is none's."""
    return queue.removeprefix(_SKILL)
