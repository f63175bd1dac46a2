"""What the stand-in knows of languages: some sentences, and the small words that give one away."""

from collections.abc import Mapping, Sequence

SENTENCES: Sequence[Mapping[str, str]] = (
    {
        "en": "How long do refunds take?",
        "de": "Wie lange dauert eine Erstattung?",
        "pl": "Jak długo trwa zwrot pieniędzy?",
        "cs": "Jak dlouho trvá vrácení peněz?",
        "tr": "İadeler ne kadar sürer?",
    },
    {
        "en": "How do I reset my password?",
        "de": "Wie setze ich mein Passwort zurück?",
        "pl": "Jak zresetować hasło?",
        "cs": "Jak si obnovím heslo?",
        "tr": "Şifremi nasıl sıfırlarım?",
    },
    {"en": "Thank you!", "de": "Danke!", "pl": "Dziękuję!", "cs": "Děkuji!", "tr": "Teşekkürler!"},
)

WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(("the", "is", "and", "you", "to", "of", "a", "i", "my", "it", "in", "for")),
    "de": frozenset(("der", "die", "das", "und", "ist", "ich", "nicht", "ein", "eine", "zu")),
    "pl": frozenset(("jest", "nie", "się", "jak", "moje", "proszę", "czy", "mam", "kiedy")),
    "cs": frozenset(("je", "jak", "mám", "prosím", "že", "kdy", "nebo", "jsem")),
    "tr": frozenset(("bir", "ve", "bu", "nasıl", "ne", "için", "değil", "mi")),
}
LANGUAGES = frozenset((*WORDS, "fr", "es", "pt", "it", "nl"))


def detect(text: str) -> tuple[str, float]:
    """The language, and how sure; 0 when nothing gives it away."""
    for sentence in SENTENCES:
        for language, said in sentence.items():
            if said.casefold() == text.strip().casefold():
                return language, 1.0
    words = text.casefold().replace("?", " ").replace(".", " ").replace(",", " ").split()
    count = {language: sum(word in known for word in words) for language, known in WORDS.items()}
    best = max(count, key=lambda language: count[language])
    return (best, min(1.0, 0.3 * count[best])) if count[best] else ("en", 0.0)


def translate(text: str, origin: str, to: str) -> str:
    """A sentence of the dictionary in the other language; anything else behind its tag."""
    if origin == to:
        return text
    for sentence in SENTENCES:
        if sentence.get(origin, "").casefold() == text.strip().casefold() and to in sentence:
            return sentence[to]
    return f"[{to}] {text}"
