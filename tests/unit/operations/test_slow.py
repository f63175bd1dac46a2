"""What people wait for stands first: a delay injected into one of two systems."""

from collections.abc import Callable
from pathlib import Path

from cli.slow import _text as printed
from shared.operations.reports.period import Period
from shared.operations.reports.slow import Integration, slow
from shared.operations.reports.turns import Scope
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.crm.server import KEY, CrmServer
from tests.lab import Lab

DELAY_SECONDS = 3.0


def service() -> Skill:
    skill = Skill("service", "Asks two systems")

    @skill.on_message
    async def serve(turn: Turn) -> None:
        for name in ("crm", "erp"):
            await turn.backend(name).get("/customers/{id}", id="ann")
        turn.reply("done")

    return skill


async def test_an_injected_delay_is_the_first_line(lab: Callable[..., Lab], tmp_path: Path) -> None:
    async with CrmServer() as crm, CrmServer() as erp:
        for server in (crm, erp):
            server.books.customers["ann"] = {"id": "ann"}
        (tmp_path / "backends.toml").write_text(
            f'[crm]\nurl = "{crm.url}"\nkey = "{KEY}"\n[erp]\nurl = "{erp.url}"\nkey = "{KEY}"\n'
        )
        fabric = lab(service(), manifest='[backends]\ncrm = ["read"]\nerp = ["read"]\n')
        await crm.fail("slow", count=1, seconds=DELAY_SECONDS)
        await fabric.say("who am I")
        await fabric.drain()

        rows = await slow(fabric, Scope(), Period())

    first, second = rows
    assert (first.name, first.operation) == ("crm", "GET /customers/{id}")
    assert first.p50 == first.p95 >= DELAY_SECONDS > second.p95
    assert (first.calls, first.errors, first.bots) == (1, 0, ["lab"])
    assert printed(rows).splitlines()[1].startswith("crm ")


def test_a_line_names_four_bots_and_counts_the_others() -> None:
    bots = [f"bot-{number}" for number in range(100)]
    row = Integration("crm", "GET /", 100, 0, 0.1, 0.2, 12.0, 0.0, bots, "closed")

    assert printed([row]).endswith("bot-0,bot-1,bot-2,bot-3 and 96 more")
