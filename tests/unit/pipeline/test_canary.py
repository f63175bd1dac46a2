"""Whatever a skill raises: what a person said is in no log line and in nothing the host gets."""

import json
from collections.abc import Callable
from traceback import format_exception

import azure.functions as func
import pytest

from functions import triggers
from functions.http import json_response, responding
from functions.triggers import service_bus_function
from shared.errors import PermanentError, Refused, TransientError, Unavailable
from shared.pipeline.door import calls
from shared.pipeline.turns import settle
from shared.skill import Skill
from shared.turn import Turn
from tests import canary
from tests.lab import Lab

Make = Callable[..., Lab]
SAID = "my password is hunter2"


def value(text: str) -> None:
    int(text)


def key(text: str) -> None:
    dict[str, str]()[text]


def cause(text: str) -> None:
    try:
        int(text)
    except ValueError as error:
        raise RuntimeError(text) from error


def group(text: str) -> None:
    raise ExceptionGroup(text, [ValueError(text)])


def transient(text: str) -> None:
    raise TransientError(text, after=60)


def unavailable(text: str) -> None:
    raise Unavailable(text, after=60)


def permanent(text: str) -> None:
    raise PermanentError(text, text)


def refused(text: str) -> None:
    raise Refused(text)


KINDS = [value, key, cause, group, transient, unavailable, permanent, refused]


def raising(lab: Make, kind: Callable[[str], None]) -> Lab:
    skill = Skill("bug", "Raises")

    @skill.on_message
    async def fail(turn: Turn) -> None:
        kind(turn.text)

    return lab(skill)


def shown(error: BaseException) -> str:
    """What a host prints of an error: all that it was raised from as well."""
    return "".join(format_exception(error))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_queue_turn_tells_neither_log_nor_host(
    lab: Make,
    kind: Callable[[str], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fabric = raising(lab, kind)
    monkeypatch.setattr(triggers, "fabric", lambda: fabric)
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]

    async def work(msg: func.ServiceBusMessage) -> None:
        await settle.work(fabric, fabric.skills["bug"], json.dumps(BODIES[0]), 1)

    service_bus_function(blueprint, "work", "skill-bug", work)
    app = func.FunctionApp()
    app.register_functions(blueprint)
    [function] = app.get_functions()
    await fabric.say(SAID)
    BODIES[:] = [json.loads(delivery.body) for delivery in await fabric.deliveries()]
    caplog.set_level("INFO", "fabric")

    raised = ""
    try:
        await function.get_user_function()(func.ServiceBusMessage(body=b""))
    except Exception as error:
        raised = shown(error)

    assert "hunter2" not in raised
    assert canary.leaks(caplog.records) == []


BODIES: list[dict[str, object]] = [{}]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_turn_that_somebody_waits_for_tells_neither_log_nor_host(
    lab: Make, kind: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    fabric = raising(lab, kind)
    caplog.set_level("INFO", "fabric")
    inbound = fabric.inbound(SAID)

    async def answer() -> func.HttpResponse:
        return json_response(await calls.converse(fabric, inbound))

    raised = ""
    try:
        await responding("skill_bug_http", answer)
    except Exception as error:
        raised = shown(error)

    assert "hunter2" not in raised
    assert canary.leaks(caplog.records) == []


async def test_a_bug_is_a_line_a_delivery_and_its_calls_stand_in_the_first_and_the_last(
    lab: Make, caplog: pytest.LogCaptureFixture
) -> None:
    skill = Skill("work", "Works")

    @skill.on_message
    async def work(turn: Turn) -> None:
        value(turn.text)

    fabric = lab(skill)
    await fabric.say(SAID)
    await fabric.drain()

    told = [line.fields for line in caplog.records if line.message == "turn.failed"]  # type: ignore[attr-defined]
    assert [fields["delivery"] for fields in told] == list(range(1, 11))
    assert [fields["delivery"] for fields in told if "error" in fields] == [1, 10]
    assert {fields["reason"] for fields in told} == {"ValueError"}


async def test_the_first_error_of_a_bug_is_kept_for_the_dead_letter(lab: Make) -> None:
    skill, kinds = Skill("work", "Works"), iter([KeyError, *([ValueError] * 9)])

    @skill.on_message
    async def work(turn: Turn) -> None:
        raise next(kinds)

    fabric = lab(skill)
    spoken = await fabric.say("hello")
    await fabric.drain()

    [letter] = await fabric.store.find(spoken, "dead:")
    assert letter.body["first"]["error"] == "KeyError"
