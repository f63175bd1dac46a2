"""A real host keeps to what the services take: no storm of refusals, and order kept."""

import asyncio
from pathlib import Path

from simulators.teams import TeamsSimulator
from simulators.transcript import Transcript
from simulators.whatsapp import WhatsAppSimulator
from tests.simulators.host import NUMBER, host

EACH = 10


async def all_answered(transcript: Transcript, people: list[str]) -> None:
    """Every one of `EACH` messages of every person is answered once, in order."""
    await transcript.until(lambda: len(transcript.said) >= len(people) * EACH, 120)
    expected = [f"echo: {n}" for n in range(EACH)]
    assert all(transcript.texts(person) == expected for person in people)


async def test_500_sends_through_a_number_that_takes_30_a_second(tmp_path: Path) -> None:
    """Nobody told the host of the 30: it believes in Meta's 80 until it is refused."""
    people = [f"316555{n:05}" for n in range(50)]
    async with (
        WhatsAppSimulator(number=NUMBER, per_second=30, statuses=False) as meta,
        host(tmp_path, meta.settings) as url,
    ):
        meta.webhook = f"{url}/api/whatsapp"

        async def talk(person: str) -> None:
            for n in range(EACH):
                assert (await meta.say(str(n), user=person)).statuses == [200]

        await asyncio.gather(*map(talk, people))
        await all_answered(meta.transcript, people)

        assert meta.graph.answered[200] == 500
        assert meta.graph.answered[130429] < 50
        assert set(meta.graph.answered) <= {200, 130429}
        last = max(said.at for said in meta.transcript.said)
        first = min(said.at for said in meta.transcript.said)
        assert 500 / 30 - 1 < last - first < 60


async def test_250_sends_through_an_app_that_takes_30_a_second(tmp_path: Path) -> None:
    """Teams does not say whether the app or the conversation was too fast."""
    people = [f"a:{n}" for n in range(25)]
    async with (
        TeamsSimulator(per_app=[(30, 1.0)]) as teams,
        host(tmp_path, teams.settings) as url,
    ):
        teams.webhook = f"{url}/api/teams/parrot"

        async def talk(person: str) -> None:
            for n in range(EACH):
                assert (await teams.say(str(n), conversation=person)).acknowledged

        await asyncio.gather(*map(talk, people))
        await all_answered(teams.transcript, people)

        assert teams.connector.answered[201] == 250
        assert teams.connector.answered[429] < 25


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
