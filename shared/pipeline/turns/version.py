"""The version of a skill that a turn runs, and the state that it finds."""

from shared.errors import TransientError
from shared.fabric import Fabric
from shared.governance.limits.rollouts import wanted_version
from shared.migration import FIRST_VERSION
from shared.records.conversation import Conversation
from shared.skill import Skill


async def version_for(fabric: Fabric, skill: Skill, conversation: Conversation, bot: str) -> Skill:
    """Choose by rollout and state; a skill with one version costs nothing.

    Raises TransientError where this process has not the version that the conversation needs: an
    app of before an update, which leaves the message to a newer one.
    """
    written_by = conversation.written_by(skill.name)
    versions = fabric.versions.get(skill.name)
    if versions is None:
        if written_by in ("", FIRST_VERSION):
            return skill
        raise TransientError(f"{skill.name} {written_by} is in another app, or was removed")
    reads = {name: version.migrations.keys() for name, version in versions.items()}
    rollouts = await fabric.rollouts.current()
    key = conversation.reference.key
    name = wanted_version(rollouts.get(skill.name), bot, key, written_by=written_by, reads=reads)
    if name not in versions:
        raise TransientError(f"{skill.name} {name} is in another app, or was removed")
    return versions[name]
