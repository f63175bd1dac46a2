"""What a bot sends to a simulated Teams is an answer, a repeat, or late."""

from cli.answers import AGAIN, LATE, Judge, Turn
from simulators.transcript import Said


def sent(text: str, reply_to: str = "") -> Said:
    body = {"type": "message", "text": text, "replyToId": reply_to}
    return Said("a:anna", "1", text, 0.0, reply_to, body)


def test_the_message_that_it_replies_to_decides_on_teams() -> None:
    judge = Judge()
    judge.said(["one"])
    assert judge.mark(sent("first", "one")) == ""

    judge.said(["two", "two-anew"])

    marks = [
        judge.mark(said)
        for said in (
            sent("first", "one"),
            sent("more", "one"),
            sent("second", "two"),
            sent("second", "two-anew"),
            sent("second", "two"),
            sent("of itself"),
        )
    ]
    assert marks == [AGAIN, LATE, "", "", AGAIN, ""]


def test_only_answers_count_as_such() -> None:
    turn = Turn("two", 202, [("first", AGAIN)])
    assert str(turn) == "> two\n< first (again)\n! no answer (the webhook says 202)"

    turn.heard += [("second", ""), ("more", LATE)]

    assert turn.answers == ["second"]
    assert str(turn) == "> two\n< first (again)\n< second\n< more (late)"
