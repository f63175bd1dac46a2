"""The sentences that answer, in the passage's own words."""

from shared.ai.quoting import quote

STEPS = """\
To borrow a projector:

1. Ask at the reception.
2. Sign the list.

Bring it back by 18:00, or it is missed in the morning by those who have booked it for then.
A broken projector costs nothing when you say so at once, and 200 euros when somebody else does.
"""


async def test_steps_are_quoted_as_a_list_and_prose_after_them_in_a_line_of_its_own() -> None:
    said = await quote("reception list projector", STEPS, None)

    assert "1. Ask at the reception.\n2. Sign the list." in said


async def test_short_passages_are_quoted_whole_and_prose_ends_with_its_mark() -> None:
    said = await quote("lunch", "Choose:\n\n- soup\n- bread\n\nIt is free.", None)

    assert said == "Choose: [1]\n- soup\n- bread\n\nIt is free. [1]"


async def test_each_word_that_was_asked_for_has_its_sentence() -> None:
    text = (
        "A visit costs nothing. Parking costs 4 euros an hour for cars and 1 euro for motorcycles. "
        "Groups of more than ten people are shown around by a guide, who speaks four languages. "
        "Dogs wait at the gate, where there is water and shade for them on hot days in the summer."
    )

    said = await quote("what does parking cost and what about dogs", text, None)

    assert "4 euros" in said
    assert "Dogs wait" in said
