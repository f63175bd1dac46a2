"""Short texts are told apart by language, and a doubt stays with the language so far."""

import pytest

from shared.text.languages import LANGUAGES, is_other_script, is_unspoken, language_of

FEW_WORDS = {
    "en": ["brokn chair", "reimbursment hotel", "moniter flickers", "delivry late"],
    "de": ["Krankmeldung einreichen", "Drucker defekt", "Rechnung fehlt"],
    "fr": ["imprimante en panne", "facture perdue", "livraison retard"],
    "es": ["contraseña olvidada", "tarjeta regalo", "devolver zapatos"],
    "pt": ["senha esquecida", "encomenda atrasada", "fatura pedido"],
    "it": ["stampante rotta", "congedo parentale", "pacco danneggiato"],
    "nl": ["wachtwoord vergeten", "pakket beschadigd", "verlof aanvragen"],
}
SAID = {
    "en": ["The door of the lab is locked", "meeting room", "no", "thanks a lot", "status?"],
    "de": ["Die Tür zum Labor ist zu", "Danke dir", "Besprechungsraum buchen?", "Tastatur klemmt"],
    "fr": ["La porte du labo est fermée", "merci bien", "où se trouve la cantine ?"],
    "es": ["La puerta del laboratorio está cerrada", "muchas gracias", "¿Dónde está el comedor?"],
    "pt": ["A porta do laboratório está fechada", "muito obrigado", "onde fica a cantina?"],
    "it": ["La porta del laboratorio è chiusa", "grazie mille", "dove si trova la mensa?"],
    "nl": ["De deur van het lab zit dicht", "dank je wel", "waar is de kantine?"],
}


@pytest.mark.parametrize(("language", "text"), [(la, t) for la, ts in SAID.items() for t in ts])
def test_a_text_is_in_its_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("language", "text"), [(la, t) for la, ts in FEW_WORDS.items() for t in ts]
)
def test_two_words_and_an_error_are_told_by_their_spelling(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    ["Gdzie jest mój paczka?", "Hvor kan jeg spise?", "Nerede yemek var?", "Kde je jídelna?"],
)
@pytest.mark.parametrize("language", ["en", "it"])
def test_a_language_that_nobody_speaks_here_is_none_of_them(text: str, language: str) -> None:
    assert is_unspoken(text)
    assert language_of(text, expected=language) == language


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        ("en", "laptop"),
        ("en", "account"),
        ("de", "laptop"),
        ("de", "ok"),
        ("fr", "stop"),
        ("es", "cancelar"),
        ("pt", "pedido"),
        ("nl", "Hallo!"),
    ],
)
def test_a_word_alone_that_the_language_so_far_may_have_does_not_change_it(
    expected: str, word: str
) -> None:
    assert language_of(word, expected=expected) == expected


@pytest.mark.parametrize(
    ("language", "word"), [("de", "Hallo"), ("de", "danke"), ("es", "gracias"), ("it", "ciao")]
)
def test_a_word_alone_that_english_has_not_tells_its_language(language: str, word: str) -> None:
    assert language_of(word) == language


def test_small_words_that_two_languages_have_are_not_foreign() -> None:
    assert not is_unspoken("I am at a desk to do it for a week")


@pytest.mark.parametrize("text", ["ja", "Hardware", "48213", "👍", "", "https://contoso.example/a"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_tells_nothing_stays_in_the_language_so_far(language: str, text: str) -> None:
    if text == "ja" and language not in ("de", "nl"):
        return
    assert language_of(text, expected=language) == language


def test_two_languages_in_one_message_leave_the_one_that_most_of_it_is_in() -> None:
    assert language_of("Hello, ich habe mein Passwort vergessen und brauche Hilfe") == "de"


def test_only_the_languages_of_the_bot_are_considered() -> None:
    assert language_of("¿Dónde está el comedor?", ("en", "pt"), expected="en") != "es"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Где мой заказ?", True),
        ("我的订单在哪里", True),
        ("Où est mon colis ?", False),
        ("?!", False),
    ],
)
def test_a_script_that_nobody_reads_here_is_seen(text: str, other: bool) -> None:
    assert is_other_script(text) is other


def test_a_very_long_text_is_judged_by_its_beginning() -> None:
    assert language_of("wo ist mein Paket " * 50_000) == "de"
