"""ContentSafety of `offline://`: words and patterns, for what is plain enough to be told by them.

It knows the languages that the platform speaks, errs on the side of letting pass, and tells no
irony from earnest. A word alone is never more than MEDIUM: who asks for help uses it too.
"""

import re
from collections.abc import Mapping, Sequence

from shared.ports.safety import Harm, Judgement, Severity

Patterns = Sequence[tuple[Severity, re.Pattern[str]]]


def _of(*rows: tuple[Severity, str]) -> Patterns:
    return [(severity, re.compile(pattern, re.IGNORECASE)) for severity, pattern in rows]


_GROUP = (
    r"(?:jews|muslims|christians|blacks|whites|asians|arabs|gypsies|immigrants|foreigners|refugees"
    r"|gays|lesbians|homosexuals|women|men|disabled people|juden|muslime|ausländer|flüchtlinge"
    r"|frauen|schwule|juifs|musulmans|immigr[ée]s|femmes|jud[íi]os|musulmanes|inmigrantes|mujeres"
    r"|judeus|muçulmanos|imigrantes|ebrei|musulmani|immigrati|joden|moslims|buitenlanders)"
)
_VERMIN = (
    r"(?:vermin|subhuman|animals|cockroaches|parasites|scum|rats|untermenschen|ungeziefer|abschaum"
    r"|parasiten|vermine|parasites|ratas|par[áa]sitos|scarafaggi|parassiti|ongedierte)"
)
_KILL = (
    r"(?:kill|murder|shoot|stab|exterminate|gas|hang|behead|lynch|t[öo]te\w*|ermorde\w*|vergase\w*)"
)

PATTERNS: Mapping[Harm, Patterns] = {
    Harm.HATE: _of(
        (
            Severity.HIGH,
            rf"\b{_KILL}\b(?: \w+){{0,2}} (?:all |the |every |alle |die ){{0,2}}{_GROUP}\b",
        ),
        (Severity.HIGH, rf"\b{_GROUP}\b(?: \w+){{0,3}} {_VERMIN}\b"),
        (
            Severity.MEDIUM,
            rf"\b(?:i |we |ich |wir )?(?:hate|despise|hasse\w*)\b(?: \w+){{0,2}} {_GROUP}\b",
        ),
        (
            Severity.MEDIUM,
            rf"\b{_GROUP}\b(?: \w+){{0,3}} (?:inferior|stupid|worthless|minderwertig|dumm)\b",
        ),
    ),
    Harm.SELF_HARM: _of(
        (
            Severity.HIGH,
            r"\b(?:best|easiest|painless|how)\b[^.?!]{0,30}\b(?:way|method|pills?|to)\b[^.?!]{0,30}"
            r"\b(?:kill (?:my|your)self|commit suicide|end (?:my|your) life|hang (?:my|your)self)\b",
        ),
        (Severity.HIGH, r"\byou should (?:kill|hang|cut) yourself\b|\bbring dich um\b|\btue-toi\b"),
        (
            Severity.MEDIUM,
            r"\b(?:kill|hang|hurt|cut) myself\b|\bsuicid\w*\b|\bend my life\b|\bwant to die\b"
            r"|\bbringe? mich um\b|\bmich umbringen\b|\bselbstmord\b|\bme tuer\b|\bmatarme\b"
            r"|\bme matar\b|\buccidermi\b|\bmezelf doden\b|\bzelfmoord\b",
        ),
    ),
    Harm.SEXUAL: _of(
        (Severity.HIGH, r"\b(?:child|minor|underage|kinder)\w* (?:porn\w*|sex\w*|nudes?)\b"),
        (
            Severity.MEDIUM,
            r"\bporn\w*\b|\bblow ?jobs?\b|\bhave sex with (?:you|me)\b|\bsend (?:me )?nudes\b"
            r"|\b(?:naked|nude) (?:pictures?|photos?|pics)\b|\bnacktfotos?\b",
        ),
    ),
    Harm.VIOLENCE: _of(
        (
            Severity.HIGH,
            r"\b(?:i(?:'ll| will| am going to|'m going to)) (?:\w+ )?(?:kill|murder|shoot|stab|bomb)"
            r" (?:you|him|her|them|all of|every(?:one|body)|people|my (?:boss|manager|wife|husband))\b"
            r"|\bich werde (?:dich|euch|sie|ihn|alle)\b(?: \w+)? (?:umbringen|t[öo]ten|erschießen)\b"
            r"|\bje vais (?:te|vous|le|la|les|tous) tuer\b|\bvoy a matar(?:te|l[oa]s?| a todos)\b"
            r"|\bvou (?:te )?matar(?: (?:vocês?|todos|el[ea]s?))?\b|\b(?:ti|vi|lo|la|li) ucciderò\b"
            r"|\bik ga (?:je|jullie|hem|haar|iedereen) vermoorden\b",
        ),
        (
            Severity.HIGH,
            r"\bhow (?:do i|to|can i|would i|you)\b[^.?!]{0,20}\b(?:build|make|assemble|plant|mix)\b"
            r"[^.?!]{0,20}\b(?:pipe ?bombs?|bombs?|explosives?|molotov\w*|nerve gas|ricin|grenades?)\b",
        ),
        (
            Severity.MEDIUM,
            r"\b(?:kill|murder|shoot|stab|strangle|behead|torture) (?:him|her|them|you|my (?:boss"
            r"|manager|colleague|wife|husband|neighbou?r)|people|everyone|everybody)\b",
        ),
        (Severity.LOW, r"\bbeat (?:him|her|them) up\b|\bpunch (?:him|her|them|my \w+)\b"),
    ),
}


class WordSafety:
    """Judges at once, on this machine."""

    async def judge(self, text: str) -> Judgement:
        return {
            harm: max(found)
            for harm, patterns in PATTERNS.items()
            if (found := [severity for severity, pattern in patterns if pattern.search(text)])
        }

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is open."""
