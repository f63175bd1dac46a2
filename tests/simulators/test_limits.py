"""A real host keeps to what the services take: no storm of refusals, and order kept."""

from pathlib import Path

from simulators.teams import TeamsSimulator
from simulators.transcript import Transcript
from tests.simulators.host import host

EACH = 10


async def all_answered(transcript: Transcript, people: list[str]) -> None:
    """Every one of `EACH` messages of every person is answered once, in order."""
    await transcript.until(lambda: len(transcript.said) >= len(people) * EACH, 120)
    expected = [f"echo: {n}" for n in range(EACH)]
    assert all(transcript.texts(person) == expected for person in people)


async def test_one_conversation_keeps_to_the_limits_of_its_thread(tmp_path: Path) -> None:
    async with TeamsSimulator() as teams, host(tmp_path, teams.settings) as url:
        teams.webhook = f"{url}/api/teams/parrot"
        for n in range(EACH):
            await teams.say(str(n))

        await all_answered(teams.transcript, ["a:anna"])

        assert teams.connector.answered[429] == 0
        times = [said.at for said in teams.transcript.said]
        assert times[7] - times[0] >= 1
        assert times[8] - times[0] >= 2


async def test_a_retry_after_is_kept_and_what_follows_waits(tmp_path: Path) -> None:
    async with TeamsSimulator() as teams, host(tmp_path, teams.settings) as url:
        teams.webhook = f"{url}/api/teams/parrot"
        await teams.say("0")
        await teams.transcript.until(lambda: len(teams.transcript.said) == 1)
        before = teams.transcript.said[0].at
        teams.faults.waits["429"] = 3
        teams.faults.once("429")
        for n in range(1, EACH):
            await teams.say(str(n))

        await all_answered(teams.transcript, ["a:anna"])

        assert teams.transcript.said[1].at - before >= 3
        assert teams.connector.answered[429] == 1
