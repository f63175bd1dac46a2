"""Talk that is about nothing: hello, thanks, bye, who are you; and the tone of what is said.

A closed set of small words in each language; a message is small talk when it has no others.
"""

import re
from enum import Enum

from shared.text.pattern import Pattern
from shared.text.words import words


class Talk(Enum):
    """What a message does, beside saying something."""

    HELLO = "hello"
    FINE = "fine"
    THANKS = "thanks"
    BYE = "bye"
    ALL_RIGHT = "all-right"
    WHO = "who"
    HELP = "overview"
    SPEAKS = "speaks"
    MEMORY = "no-memory"
    NOT_MINE = "not-mine"


def _set(text: str) -> frozenset[str]:
    return frozenset(words(text))


_HELLO = _set(
    """
    hi hello hey hallo hola bonjour bonsoir salut coucou ciao moin servus gruss gott gruezi ola
    oi salve buongiorno buonasera hoi dag goedemorgen goedemiddag goedenavond good morning
    afternoon evening day guten morgen tag abend buenos dias buenas tardes noches bom dia boa
    tarde noite goede middag there everyone zusammen all team tout le monde a todos greetings
    howdy"""
)
_THANKS = _set(
    """
    thanks thank thx ty tysm cheers merci danke dank dankeschoen dankeschon dankjewel gracias
    grazie obrigado obrigada bedankt appreciated appreciate"""
)
_BYE = _set(
    """
    bye goodbye cya see later tschuss tschuess wiedersehen ciao adios hasta luego au revoir
    arrivederci tchau ate logo doei tot ziens bientot bis bald dann salut a"""
)
_CLOSING = _set(
    """
    you very much so a lot many ok okay great perfect cool fine super for the your help that
    helped it works now again got have nice day vielen sehr schon schoen dir ihnen fur die hilfe
    hat geholfen es geht wieder und mille beaucoup bien bonne journee pour votre aide muchas
    mucho por la su ayuda muito pela ajuda molte tante per l aiuto je wel voor uw jullie hulp
    und and y e et en i we u guys problem solved all good will wait wonderful excellent awesome
    das is was me"""
)
_BARE = _set(
    """
    yes yeah yep sure no nope nah never mind nevermind please right fine alright ok okay k ja
    nein doch oui non si sim nao nee klar gut bon d accord vale bueno va bene goed prima great
    good nice cool perfect sounds understood verstanden compris entendido capito begrepen hm hmm
    ah oh lol"""
)
_FINE = Pattern(
    r"(?:so )?(?:how are (?:you|u)|how r u|hows it going|how is it going|how do you do"
    r"|whats up|what is up"
    r"|wassup|sup|you ok|wie geht (?:es|s) (?:dir|ihnen)|wie gehts|ca va"
    r"|comment (?:ca )?(?:va|allez vous)"
    r"|que tal|como estas|como esta(?: usted)?|tudo bem|como vai|come (?:va|stai)"
    r"|hoe gaat het|alles goed)"
    r"(?: today| doing| heute| met je)?"
)
_WHO = Pattern(
    r".{0,20}\b(?:who (?:are|r) (?:you|u)|what (?:are|r) you|whats your name"
    r"|what is your name|your name"
    r"|are (?:you|u) (?:a |an )?(?:\w+ )?(?:bot|robot|human|person|real|machine|ai|computer"
    r"|assistant)\b.*"
    r"|am i (?:talking|speaking|chatting) (?:to|with) .*"
    r"|wer bist du|wer sind sie|wie heisst du|wie heissen sie"
    r"|(?:bist du|sind sie) (?:ein |eine )?(?:\w+ )?(?:bot|mensch|roboter|maschine|ki|person).*"
    r"|qui (?:es tu|etes vous)|(?:es tu|etes vous) (?:un |une )?(?:robot|humain|bot|personne"
    r"|machine).*"
    r"|comment (?:tu t|vous vous) appel\w+|quien (?:eres|es usted)|como te llamas"
    r"|(?:eres|es usted) (?:un |una )?(?:robot|bot|persona|humano|maquina).*"
    r"|quem (?:e|es) (?:voce|tu)|qual (?:e )?o seu nome|(?:voce e|es) (?:um |uma )?(?:robo"
    r"|bot|pessoa|humano).*"
    r"|chi sei|come ti chiami|sei (?:un |una )?(?:robot|bot|persona|umano).*"
    r"|wie ben (?:je|jij)|hoe heet (?:je|jij)|ben (?:je|jij) (?:een )?(?:robot|bot"
    r"|mens).*)\b.{0,12}"
)
_HELP = Pattern(
    r"(?:(?:can|could|will) you (?:please )?help(?: me)?|help|menu|start|options|hilfe|aide|ayuda"
    r"|ajuda|aiuto|hulp"
    r"|what (?:all )?(?:can|could|do) (?:you|i|u) (?:do|ask|help)(?: (?:me|you|for me|with"
    r"|here))*"
    r"|how can you help(?: me)?|was kannst du(?: alles)?(?: tun)?"
    r"|was konnen sie(?: fur mich)?(?: tun)?"
    r"|que (?:peux tu|pouvez vous) faire.*|que puedes hacer.*|o que voce (?:pode|sabe) fazer.*"
    r"|(?:che )?cosa (?:puoi|sai) fare.*|wat (?:kun|kan) (?:je|jij) (?:doen)?.*)"
    r"(?: please| me| bitte)?"
)
_SPEAKS = Pattern(
    r".{0,12}\b(?:do you speak|sprichst du|sprechen sie|parlez vous|tu parles|parles tu"
    r"|(?:answer|write|reply|speak|talk)(?: to me)? in|antworte\w* (?:\w+ )?auf"
    r"|hablas|habla usted"
    r"|habla|fala|voce fala|parli|parla|spreek je|spreekt u|spreek jij)\b.{0,30}"
)
_MEMORY = Pattern(
    r".*\b(?:what (?:did|have) i (?:just )?(?:ask|say|said|write|asked|written|told)"
    r"|my (?:last|previous) (?:question|message)"
    r"|was habe ich (?:dich |sie )?(?:gefragt|geschrieben)|meine letzte frage)\b.*"
)
_NOT_MINE = Pattern(
    r"\b(?:system prompt|your (?:system )?(?:prompt|instructions|rules|configuration)"
    r"|(?:previous|prior|above|all|earlier) (?:\w+ )?instructions|vorherigen anweisungen"
    r"|systemanweisung\w*"
    r"|(?:admin|root|administrator|master) (?:password|passwort|credentials|key|token)"
    r"|(?:of|from|for|by) (?:all|every|other|another|any) (?:the )?(?:users?|customers?"
    r"|employees?|people|person|colleagues?)"
    r"|(?:another|other|someone elses|somebody elses) (?:customers?|users?|persons?"
    r"|employees?|peoples?|colleagues?)"
    r"|(?:the user|i) (?:is|am) (?:an |the )?(?:admin|administrator|developer)|developer mode"
    r"|jailbreak"
    r"|you are now|aller (?:nutzer|kunden|mitarbeiter|benutzer)|de tous les|de todos los"
    r"|de todos os)\b"
)
_SOMEBODYS = Pattern(
    r"\b(?:salary|pay|address|phone(?: number)?|number|e-?mail|password|payslip|birthday"
    r"|sick days|order"
    r"|tickets?|gehalt|adresse|telefonnummer|salaire|salario|salário|stipendio|salaris)\b"
    r"[^.?!]{0,24}\b(?:of|from|von|de|di|van|does)\s+(?:my |the |customer |colleague |Mr\.? "
    r"|Mrs\.? |Ms\.? )*"
    r"[A-Z][a-z]+(?:\s+[A-Z][a-z]+|\s*[?!.]|$)"
    r"|\b(?:how much|what) (?:does|do) [A-Z][a-z]+(?: [A-Z][a-z]+)? (?:earn|make|get paid)"
    r"|\b[A-Z][a-z]+(?: [A-Z][a-z]+)?['’]s (?:salary|address|phone|number|password|payslip"
    r"|tickets?)\b"
)
_ANGER = Pattern(
    r"\b(?:wtf|ffs|omg|fuck\w*|shit\w*|damn|bullshit|useless|ridiculous|unacceptable|terrible"
    r"|horrible"
    r"|awful|worst|pathetic|idiots?|stupid|incompetent|disgrace|joke of|fed up"
    r"|sick of (?:this|you)|angry"
    r"|furious|annoyed|annoying|scam\w*|thieves|third time|sue you|lawyer|outrageous"
    r"|frustrat\w+|rubbish|crap"
    r"|scheiss\w*|verdammt|unverschamt\w*|frechheit|wutend|unfahig\w*|nutzlos|anwalt|betrug"
    r"|merde|putain|inadmissible|inacceptable|scandale\w*|nul|nulle|avocat|arnaque"
    r"|mierda|joder|inaceptable|vergüenza|verguenza|inutil\w*|abogado|estafa"
    r"|merda|porra|inaceitavel|absurdo|vergonha|advogado|vergogna|inaccettabile|schifo"
    r"|avvocato|truffa"
    r"|belachelijk|schandalig|onacceptabel|waardeloos|advocaat|oplichting)\b"
)


def small_talk(text: str) -> Talk | None:
    """What kind of small talk a message is; None when it is about something."""
    said = words(text)
    if not said:
        return Talk.ALL_RIGHT if re.search(r"[👍👌✅👎]", text) else None
    flat, kinds = " ".join(said), frozenset(said)
    if _NOT_MINE.search(flat) or _SOMEBODYS.search(text):
        return Talk.NOT_MINE
    if _MEMORY.fullmatch(flat):
        return Talk.MEMORY
    if _SPEAKS.fullmatch(flat):
        return Talk.SPEAKS
    if _WHO.fullmatch(flat):
        return Talk.WHO
    if kinds <= _BARE:
        return Talk.ALL_RIGHT
    if kinds <= _HELLO:
        return Talk.HELLO
    bare = flat
    while (head := bare.partition(" "))[0] in _HELLO and head[2]:
        bare = head[2]
    if _FINE.fullmatch(bare):
        return Talk.FINE
    if _HELP.fullmatch(bare):
        return Talk.HELP
    return _closing(kinds)


def _closing(kinds: frozenset[str]) -> Talk | None:
    if not kinds <= _THANKS | _BYE | _CLOSING | _HELLO | _BARE:
        return None
    if kinds & _THANKS:
        return Talk.THANKS
    if kinds & (_BYE - {"a", "see", "later", "salut", "dann", "bis", "tot"}):
        return Talk.BYE
    return Talk.ALL_RIGHT if len(kinds) <= 4 and kinds <= _CLOSING | _BARE else None


def is_thanks(text: str) -> bool:
    """Whether somebody thanks, among other things."""
    return bool(_THANKS & frozenset(words(text)))


def is_angry(text: str) -> bool:
    """Whether somebody writes in anger: by their words, or because they shout."""
    letters = [char for char in text if char.isalpha()]
    shouts = len(letters) > 14 and sum(char.isupper() for char in letters) > 0.7 * len(letters)
    return shouts or text.count("!") > 3 or _ANGER.search(" ".join(words(text))) is not None
