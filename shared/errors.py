"""What can go wrong, and what then happens to the message.

FabricError
+-- ConfigurationError    the app does not start, or a webhook is answered 503; says what to write
+-- Rejected              a webhook request is answered `status`; nothing was enqueued
+-- Conflict              a conditional write lost; reload and try again
+-- TransientError        the message is sent again later
|   +-- Unavailable       something this app depends on does not answer
|   +-- UnknownBot        this process has no manifest of the bot; a newer one may
|   +-- Waits             nothing failed: something else goes first
|       +-- Held          the platform makes it wait, however long, and it uses no attempt
|           +-- Stopped   an operator stopped the bot or the skill
|           +-- Busy      the bot, the skill or the conversation has its share already
+-- PermanentError        the message is dead-lettered at once, with its reason
|   +-- ReferenceGone     the conversation can no longer be written to (bot removed, blocked)
|   +-- WindowShut        the channel takes nothing but templates until the person writes
|   +-- NotDeclared       a skill called one that the bot's manifest does not list; on record
+-- Refused               the message is done, and the person is told why not
|   +-- OverBudget        a limit of tokens or money is used up
+-- SignInNeeded          the person is asked to sign in, then the message is handled again
+-- ApprovalNeeded        a second person is asked, then the message is handled again

Anything else that a handler raises is a bug: the message is redelivered until the broker
dead-letters it.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any


class FabricError(Exception):
    """Base of every error that this product raises on purpose."""


class ConfigurationError(FabricError):
    """The configuration is wrong; the text names file, key and what to write instead."""


class Rejected(FabricError):
    """A webhook request is refused.

    `status` is the HTTP status; `reason` a short code for the log. The caller of the webhook
    only ever sees a constant body, and with `after` in how many seconds to come again.
    """

    def __init__(self, status: int, reason: str, *, after: float | None = None) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.after = after


class Conflict(FabricError):
    """A create met an existing document, or an etag no longer matches. `id` names the document."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


class TransientError(FabricError):
    """Try again, not before `after` seconds; None leaves the delay to the retry policy.

    `maybe_done` when the other side may have done it all the same: the answer was lost. `within`
    are the seconds from the first failure in which a message is worth another try, where they
    are fewer than those of every message.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        after: float | None = None,
        maybe_done: bool = False,
        within: float = inf,
    ) -> None:
        super().__init__(detail)
        self.after = after
        self.maybe_done = maybe_done
        self.within = within

    def delay(self, failures: int) -> float:
        """Seconds to wait after `failures` earlier ones: `after`, or a back-off up to 5 min.

        Not less than a twentieth of the back-off, so that an `after` of 0 is no hot loop.
        """
        backoff = float(min(300, 2 ** min(failures, 9)))
        return backoff if self.after is None else max(self.after, min(5.0, 0.05 * backoff))


class Unavailable(TransientError):
    """A dependency does not answer. Raise it with the dependency's name."""


class UnknownBot(TransientError):
    """This process has no manifest of the bot: it was started before the bot was added."""

    def __init__(self, bot: str) -> None:
        super().__init__(f"this process knows no bot {bot!r}: restart it, or add bots/{bot}.toml")


class Waits(TransientError):
    """Not yet: something else goes first. Nothing has failed."""


class Held(Waits):
    """The platform makes it wait. Time spent waiting for that kills nothing."""


class Stopped(Held):
    """An operator stopped the bot or the skill that `by` names: `bot helpdesk`."""

    def __init__(self, by: str, *, after: float | None = None) -> None:
        super().__init__(f"{by} is stopped", after=after)
        self.by = by


class Busy(Held):
    """The bot, the skill or the conversation has its share of what all of them share."""


class PermanentError(FabricError):
    """Trying again cannot help. `reason` is a short code that the dead-letter record carries."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class ReferenceGone(PermanentError):
    """The channel says this conversation no longer exists for the bot: stop proactive messages."""


class WindowShut(PermanentError):
    """The channel takes nothing but templates here, until the person writes again."""


class NotDeclared(PermanentError):
    """A skill called `skill`, which the manifest of `bot` does not list."""

    def __init__(self, bot: str, skill: str, listed: Sequence[str]) -> None:
        there = ", ".join(listed)
        super().__init__(
            "skill_not_declared",
            f"bots/{bot}.toml: skills has no {skill!r}, only {there}; add it, or hand off to those",
        )
        self.skill = skill


class SignInNeeded(FabricError):
    """The turn ends with an offer to sign in, and begins again once the person has done so."""


class ApprovalNeeded(FabricError):
    """The turn ends, and begins again once a second person has approved what `deed` names.

    `arguments` are those of this very deed, `title` says it to people; `said` is what a model and
    its tools have said in the turn so far, the call of the deed last.
    """

    def __init__(
        self,
        deed: str,
        arguments: Mapping[str, Any],
        *,
        title: str = "",
        said: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(f"{deed} has to be approved")
        self.deed = deed
        self.arguments = arguments
        self.title = title or deed
        self.said = said


class Refused(FabricError):
    """The request is declined; `text` is what the person reads, in their language by `phrase`.

    `phrase` is the id of a sentence in the catalogue, "" when there is none.
    """

    def __init__(self, text: str, phrase: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.phrase = phrase


class NotTaken(Refused):
    """Something that a person sent was not taken; `detail` says more to who looks after the bot.

    `reason` is a word for programs; with `kind` before it, it names the sentence.
    """

    def __init__(self, kind: str, reason: str, text: str, detail: str = "") -> None:
        self.name = f"{kind}_{reason}"
        super().__init__(text, f"platform.{self.name}")
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" if self.detail else self.name


class OverBudget(Refused):
    """A limit of tokens or money is used up; `limit` names it."""

    def __init__(self, limit: str) -> None:
        super().__init__(
            "I have used up what I may spend on answers for now. Please ask again later.",
            "platform.budget_used",
        )
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.limit} is used up"
