"""A bot's pace is shared by persons, then by networks, then by channels."""

from time import monotonic, time
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.governance.limits import admission
from shared.governance.limits.admission import CROWD_SECONDS, Admission, Crowd
from shared.governance.limits.visitor import Visitor
from shared.manifest.bots import bot_of
from shared.ports.channel import Inbound


class Clock:
    """The monotonic and the wall clock of admission, which stand still unless moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_800_000_000 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(admission, "monotonic", clock.monotonic)
    monkeypatch.setattr(admission, "time", clock.time)
    return clock


def bot(**channels: Any) -> Bot:
    return bot_of(
        {
            "id": "helpdesk",
            "name": "Helpdesk",
            "owner": "it@contoso.example",
            "department": "IT",
            "skills": ["echo"],
            "default_skill": "echo",
            "channels": {"web": {}, **channels},
        }
    )


def flood(door: Admission, bot: Bot, clock: Clock, seconds: float, visitors: list[Visitor]) -> None:
    """65 messages a second from these, one after the other."""
    for number in range(int(seconds * 65)):
        door.slot(bot, visitors[number % len(visitors)])
        clock.now += 1 / 65


VISITORS = [Visitor(f"web\nv{number}", anonymous=True) for number in range(30)]
NEW = Visitor("web\nsomebody else", anonymous=True)
COLLEAGUE = Visitor("teams\nann")
TEAMS: dict[str, Any] = {"teams": {}}


@pytest.mark.parametrize("attackers", [1, 5, 30])
def test_who_says_their_first_word_does_not_wait_behind_those_who_say_much(
    clock: Clock, attackers: int
) -> None:
    door, helpdesk = Admission(), bot()
    flood(door, helpdesk, clock, 20, VISITORS[:attackers])
    assert door.wait(helpdesk, VISITORS[0]) > 1

    assert door.slot(helpdesk, NEW) - clock.time() < 0.5


def test_no_visitor_of_the_web_delays_a_colleague(clock: Clock) -> None:
    """Each message under a new name, so that to the bot all of them are somebody's first word."""
    door, helpdesk = Admission(), bot(**TEAMS)
    strangers = [Visitor(f"web\n{number}", anonymous=True) for number in range(1300)]
    flood(door, helpdesk, clock, 20, strangers)
    assert door.wait(helpdesk, NEW) > 1

    assert door.slot(helpdesk, COLLEAGUE) == clock.time()


def test_strangers_get_half_of_the_pace_where_a_channel_vouches_for_others(clock: Clock) -> None:
    door, helpdesk = Admission(), bot(**TEAMS)
    strangers = [Visitor(f"web\n{number}", anonymous=True) for number in range(300)]

    last = max(door.slot(helpdesk, stranger) for stranger in strangers)

    assert last - clock.time() == pytest.approx(300 / 10 - 0.5, abs=0.2)


def test_a_network_of_many_names_does_not_delay_another_network(clock: Clock) -> None:
    door, helpdesk = Admission(), bot()
    many = [Visitor(f"web\n{n}", "203.0.113.9", anonymous=True) for n in range(1300)]
    flood(door, helpdesk, clock, 20, many)

    elsewhere = Visitor("web\nelsewhere", "198.51.100.1", anonymous=True)
    assert door.slot(helpdesk, elsewhere) - clock.time() < 0.5


def test_while_there_is_room_one_person_may_use_all_of_it(clock: Clock) -> None:
    door, helpdesk = Admission(), bot()
    for _ in range(100):
        assert door.slot(helpdesk, COLLEAGUE) == clock.time()
        clock.now += 1 / 19

    assert door.wait(helpdesk, COLLEAGUE) == 0


def test_to_look_takes_nothing(clock: Clock) -> None:
    door, helpdesk = Admission(), bot()
    for _ in range(100):
        assert door.wait(helpdesk, NEW) == 0


def test_who_says_nothing_more_is_forgotten(clock: Clock) -> None:
    crowd = Crowd()
    for number in range(1000):
        crowd.bucket(str(number), clock.now)
    clock.now += CROWD_SECONDS + 1
    crowd.bucket("somebody", clock.now).take(clock.now, 1.0)

    assert len(crowd) == 1


def test_a_wall_clock_that_steps_moves_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only spaces messages out knows no time of day."""
    wall = [time() + 3600]
    monkeypatch.setattr(admission, "time", lambda: wall[0])
    door, helpdesk = Admission(), bot()
    for _ in range(30):
        door.slot(helpdesk)
    wall[0] -= 3600

    assert door.slot(helpdesk) - wall[0] < 31 / helpdesk.limits.turns_per_second
    assert monotonic() > 0


def test_a_person_is_who_the_channel_says_and_a_conversation_on_the_web() -> None:
    def visitor(channel: str, **more: Any) -> Visitor:
        reference = ConversationReference("helpdesk", channel, "c1", user="29:ceo", **more)
        return Visitor.of(Inbound(bot(), reference, Activity(type="message"), "203.0.113.9"))

    assert visitor("web") == Visitor("web\nc1", "203.0.113.9", anonymous=True)
    assert visitor("teams").person == "teams\n29:ceo"
    assert not visitor("teams").anonymous
