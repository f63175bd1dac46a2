"""Skills as tools of other programs: what is offered, and a call of one, on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.bot import Bot
from shared.errors import Rejected, TransientError
from shared.fabric import Fabric
from shared.governance.access import Departments
from shared.governance.audit import Operator
from shared.operations.deeds.record import on_record
from shared.pipeline.door.calls import MAX_TEXT, ApiCall
from shared.skill import Skill

MAX_NAME = 200
"""Characters of a conversation or a user."""

UNAVAILABLE = "Something that this needs does not answer at the moment. Try again in a minute."
SAID_NOTHING = "Done; there is nothing to say."


class BadCall(Exception):
    """The arguments are wrong; the text tells the program what to write instead."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A skill with `mcp=True`, and the caller's bots that have it."""

    skill: Skill
    bots: Sequence[Bot]

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        text = {"type": "string", "description": "What the user says, in their language."}
        ids = [bot.id for bot in self.bots]
        about = "Whose instructions, articles and limits hold."
        named = {"type": "string", "maxLength": MAX_NAME}
        return {
            "type": "object",
            "properties": {
                "text": {**text, "maxLength": MAX_TEXT},
                "bot": {"type": "string", "enum": ids, "description": about},
                "conversation": {**named, "description": "The same name goes on with it."},
                "user": {**named, "description": "For whom: a stable id of the person."},
            },
            "required": ["text"] if len(ids) == 1 else ["text", "bot"],
            "additionalProperties": False,
        }

    @property
    def description(self) -> str:
        examples = "; ".join(self.skill.examples[:3])
        return (
            f"{self.skill.description}. For example: {examples}"
            if examples
            else (self.skill.description)
        )


def offered(fabric: Fabric, departments: Departments) -> dict[str, Tool]:
    """The tools that a caller has in these departments, by name."""
    tools = {}
    for name, skill in sorted(fabric.skills.items()):
        bots = [
            bot
            for bot in fabric.bots.values()
            if name in bot.skills and bot.department in departments
        ]
        if skill.mcp and bots:
            tools[name] = Tool(skill, bots)
    return tools


async def use(fabric: Fabric, who: Operator, tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Run a turn of the skill, with an audit entry before and after. Return what it replied.

    Raises BadCall for arguments that are not as the schema says, or a turn that is refused.
    """
    called = _checked(who, tool, arguments)
    target = {"bot": called.bot.id, "skill": tool.skill.name}
    said: list[str] = []

    async def deed() -> None:
        replies = await called.replies(fabric, tool.skill)
        said.extend(reply.text for reply in replies if reply.type == "message" and reply.text)

    try:
        await on_record(fabric, who, "mcp.call", target, deed)
    except Rejected as refusal:
        if refusal.status != 400:
            raise
        raise BadCall(f"the skill does not take that: {refusal.reason}") from refusal
    except TransientError as error:
        raise BadCall(UNAVAILABLE) from error
    return "\n\n".join(said) or SAID_NOTHING


def _checked(who: Operator, tool: Tool, arguments: Mapping[str, Any]) -> ApiCall:
    names = {"text", "bot", "conversation", "user"}
    if unknown := sorted(set(arguments) - names):
        raise BadCall(f"{unknown[0]!r} is no argument; there are {', '.join(sorted(names))}")
    given = {name: arguments.get(name, "") for name in names}
    for name, value in given.items():
        most = MAX_TEXT if name == "text" else MAX_NAME
        if not isinstance(value, str) or len(value) > most:
            raise BadCall(f"{name} is no text of at most {most} characters")
    if not given["text"].strip():
        raise BadCall("text is missing: write what the user says")
    bots = {bot.id: bot for bot in tool.bots}
    id = given["bot"] or next(iter(bots))
    if id not in bots or (not given["bot"] and len(bots) > 1):
        raise BadCall(f"bot is one of {', '.join(bots)}")
    user = given["user"] or who.name
    return ApiCall(bots[id], given["conversation"] or f"mcp {user}", user, given["text"])
