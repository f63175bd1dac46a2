"""People are understood by what they mean, and told when they are not."""

import pytest

from tests.unit.dialogue.desk import Desk

LUNCH, GUESTS, STAND, SHOWERS = "11:30", "9 euros", "cellar; your badge", "beside the cellar stairs"


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("at what time do they serve food", LUNCH),
        ("is there a rack for the one i ride to work", STAND),
        ("the leaves of my ficus turn brown", "gardener"),
        ("somebody from another company eats with me tomorrow, what does it cost", GUESTS),
        ("where is the shwer", SHOWERS),
        ("wen is lunch", LUNCH),
    ],
)
async def test_other_words_find_the_same_answer(desk: Desk, question: str, fact: str) -> None:
    assert fact in await desk.say(question)


@pytest.mark.parametrize(
    ("question", "words", "fact"),
    [
        ("Wann gibt es Mittagessen?", "auf Englisch", LUNCH),
        ("Où puis-je laisser mon vélo ?", "anglais", STAND),
        ("¿Dónde puedo ducharme?", "inglés", SHOWERS),
        ("Quem rega as plantas?", "inglês", "gardener"),
        ("A che ora apre la mensa?", "inglese", LUNCH),
        ("Waar kan ik mijn fiets zetten?", "Engels", STAND),
    ],
)
async def test_an_article_in_another_language_is_quoted_and_says_so(
    desk: Desk, question: str, words: str, fact: str
) -> None:
    said = await desk.say(question)

    assert words in said
    assert fact in said


async def test_when_it_is_not_sure_the_likeliest_articles_are_offered_by_title(desk: Desk) -> None:
    said = await desk.say("i cycled here, where to put it")
    assert "not sure" in said
    assert "Bicycles and showers" in desk.buttons

    assert STAND in await desk.say("/knowledge Bicycles and showers")


async def test_two_questions_are_both_answered_in_their_order(desk: Desk) -> None:
    said = await desk.say("when is lunch, and where do I leave my bike?")

    assert 0 <= said.find(LUNCH) < said.find(STAND)


async def test_what_another_skill_is_for_is_offered_after_the_answer(desk: Desk) -> None:
    said = await desk.say("where can I take a shower? also my chair is broken")

    assert SHOWERS in said
    assert "chair is broken" in said
    assert "To be repaired" not in said


async def test_a_wish_for_a_skill_goes_there(desk: Desk) -> None:
    assert await desk.say("the window does not shut any more") == (
        "To be repaired: the window does not shut any more"
    )


async def test_a_piece_of_a_question_is_completed_from_the_one_before(desk: Desk) -> None:
    await desk.say("When is lunch?")

    assert GUESTS in await desk.say("and for visitors?")


async def test_a_new_question_ends_the_topic(desk: Desk) -> None:
    await desk.say("When is lunch?")

    assert STAND in await desk.say("and where do I leave my bicycle?")


async def test_a_piece_of_a_question_after_nothing_is_no_question(desk: Desk) -> None:
    said = await desk.say("and for them?")

    assert "http" not in said
    assert desk.buttons


@pytest.mark.parametrize(
    "text",
    ["who painted the Mona Lisa", "4711 0815 42", "asdf jkl", "Ile kosztuje bilet do kina?"],
)
async def test_what_nobody_here_knows_is_not_answered(desk: Desk, text: str) -> None:
    said = await desk.say(text)

    assert "[1]" not in said
    assert "To be repaired" not in said


async def test_two_thousand_words_are_heard_too(desk: Desk) -> None:
    assert await desk.say("lunch and dinner " * 1000)


async def test_by_words_alone_the_same_words_find_it(plain_desk: Desk) -> None:
    assert LUNCH in await plain_desk.say("When is lunch?")


async def test_by_words_alone_what_begins_with_and_is_completed(plain_desk: Desk) -> None:
    await plain_desk.say("When is lunch?")

    assert GUESTS in await plain_desk.say("and for guests?")


@pytest.mark.parametrize("text", ["Guten Tag", "merci beaucoup", "¿Quién eres?", "ciao"])
async def test_small_talk_is_met_in_its_language(plain_desk: Desk, text: str) -> None:
    said = await plain_desk.say(text)

    assert said
    assert not said.startswith(("Hello", "Glad", "I am"))


async def test_a_sentence_that_has_the_word_asked_for_is_among_those_quoted(desk: Desk) -> None:
    assert "voucher" in await desk.say("do guests need something to eat lunch, a voucher maybe?")


async def test_what_made_somebody_angry_is_what_they_go_on_about(desk: Desk) -> None:
    said = await desk.say("my plant is dying and NOBODY of you useless people waters it!!!!")
    assert "sorry" in said.lower()

    assert "gardener" in await desk.say("and who waters it at the weekend?")
