"""What cannot wait: a manifest names topics, and what is said to them before anything else."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.text.pattern import Pattern
from shared.text.words import STOPWORDS, stem, words

if TYPE_CHECKING:
    from shared.bot import Bot

_DEVICE = (
    r"(?:laptop|notebook|computer|phone|mobile|iphone|smartphone|tablet|ipad|device|badge"
    r"|key ?card"
    r"|usb stick|work bag|backpack|handy|telefon|gerat|rechner|diensthandy|ausweis|portable"
    r"|ordinateur"
    r"|telephone|portatil|ordenador|computadora|movil|celular|telefono|computador|telemovel"
    r"|telefone"
    r"|computer|cellulare|portatile|telefoon|mobiel|toestel)"
)
_GONE = (
    r"(?:stolen|stole|robbed|theft|nicked|snatched|pickpocketed|lost|left (?:my|the|it)"
    r"|missing|gone"
    r"|disappeared|gestohlen|geklaut|geraubt|verloren|liegen ?gelassen|vole\w*|perdu\w*"
    r"|oublie dans"
    r"|robad\w*|robaron|perd\w+|extravi\w+|roubad\w*|roubaram|rubat\w+|pers[oa]|smarrit\w+|kwijt"
    r"|gestolen|verloren)"
)
_KINDS = {
    "device": Pattern(rf"\b{_GONE}\b.{{0,60}}\b{_DEVICE}\b|\b{_DEVICE}\b.{{0,40}}\b{_GONE}\b"),
    "phishing": Pattern(
        r"\b(?:clicked|opened|entered|typed|gave|downloaded|filled in|fell for|geklickt"
        r"|eingegeben"
        r"|geoffnet|clique|ouvert|saisi|hecho clic|hice clic|pulse|abri|introduje|cliquei|digitei"
        r"|cliccato|aperto|inserito|geklikt|geopend|ingevuld)\b.{0,80}\b(?:phishing|link"
        r"|attachment"
        r"|fake|strange|suspicious|weird|scam|anhang|enlace|lien|piece jointe|adjunto|anexo"
        r"|allegato"
        r"|bijlage|verdachtig\w*)\b"
        r"|\b(?:link|attachment|anhang|lien|enlace|anexo|allegato"
        r"|bijlage)\b.{0,60}\b(?:clicked|opened"
        r"|geklickt|geoffnet|clique|ouvert|hecho clic|cliquei|cliccato|geklikt|geopend)\b"
        r"|\b(?:ransomware|been hacked|got hacked|hacked my|gehackt|pirate|hackeado|hackerato"
        r"|virus"
        r"|malware|trojan|data breach|datenleck|files are encrypted)\b"
    ),
    "harassment": Pattern(
        r"\b(?:harass\w*|bull(?:y|ied|ying)\w*|mobb(?:ing|ed)|gemobbt|discriminat\w*"
        r"|diskriminier\w*"
        r"|belastig\w*|ubergriff\w*|grop(?:ed|ing)|touch(?:ed|es) me|sexual\w*|sexis\w*|racis\w*"
        r"|rassis\w*|harcel\w*|acos\w*|assedi\w*|molest\w*|discrimin\w*|pest(?:en|erij|kop)"
        r"|intimida\w*|geintimideerd)\b"
    ),
    "self-harm": Pattern(
        r"\b(?:kill(?:ing)? myself|suicid\w*|end (?:my|it) (?:life|all)|want to die"
        r"|wish i (?:was|were)"
        r" dead|hurt(?:ing)? myself|harm(?:ing)? myself|self harm|no reason to live|(?:do not"
        r"|dont) want"
        r" to (?:live|be here)(?: any ?more)?|cant go on(?: any ?more| living)?|umbringen"
        r"|selbstmord"
        r"|suizid\w*|nicht mehr leben|sterben|mich toten|me tuer|en finir|mourir"
        r"|plus envie de vivre"
        r"|matarme|suicid\w*|morir|quitarme la vida|me matar|morrer|nao quero (?:mais )?viver"
        r"|uccidermi"
        r"|morire|farla finita|zelfmoord|dood (?:wil|willen)|niet meer leven)\b"
    ),
    "threat": Pattern(
        r"\b(?:bomb|gun|weapon|knife|shoot\w*|kill (?:you|him|her|them|somebody|someone|everyone)"
        r"|threaten\w*|death threat|violen\w*|attack(?:ed|ing) me|beat me|hit me|bombe|waffe"
        r"|bedroh\w*"
        r"|droht|gewalt|menac\w*|arme|bomba|arma|amenaz\w*|ameac\w*|minacci\w*|wapen"
        r"|bedreig\w*|geweld"
        r"|blackmail\w*|erpress\w*)\b"
    ),
}
_NAMES = {
    "device": ("stolen", "lost", "theft", "device", "laptop", "phone"),
    "phishing": ("phishing", "security", "virus", "malware", "hacked", "incident"),
    "harassment": ("harassment", "bullying", "discrimination", "mobbing"),
    "self-harm": ("self", "suicide", "harm", "crisis"),
    "threat": ("threat", "violence", "threats", "weapon", "emergency"),
}


@dataclass(frozen=True, slots=True)
class Urgent:
    """A topic that a message touches, and the article's id or the sentence that answers it."""

    topic: str
    says: str

    @property
    def is_article(self) -> bool:
        from shared.bot import ARTICLE

        return ARTICLE.fullmatch(self.says) is not None


def urgent(bot: "Bot", text: str) -> Urgent | None:
    """The first of the bot's urgent topics that a message touches."""
    said = words(text[:1000])
    flat, stems = " ".join(said), {stem(word) for word in said}
    for topic, says in bot.urgent.items():
        kind = _kind(topic)
        if kind and _KINDS[kind].search(flat):
            return Urgent(topic, says)
        if not kind and any(_is_said(option, stems) for option in re.split(r"\s+or\s+|,", topic)):
            return Urgent(topic, says)
    return None


def _kind(topic: str) -> str:
    """The kind of topic that is known here in all languages, "" for one of the bot's own."""
    named = set(words(topic))
    return next((kind for kind, names in _NAMES.items() if named & set(names)), "")


def _is_said(option: str, stems: set[str]) -> bool:
    """Whether every word that matters in a topic's name is in the message."""
    needed = {stem(word) for word in words(option) if word not in STOPWORDS}
    return bool(needed) and needed <= stems
