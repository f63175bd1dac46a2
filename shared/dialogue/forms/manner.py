"""What people say to a form that is no answer: stop, yes, no, thanks, anger, a question.

Patterns are over `words`: small letters without accents, in all languages at once, since a word
that means "cancel" somewhere is an answer nowhere.
"""

import re
from collections.abc import Sequence

from shared.text.words import words

LONGEST_CANCEL = 12
"""Words of a message in which somebody may want to stop; a longer one tells of something else."""

_IT = (
    r"(?: (?:it|that|this|all|everything|please|now|bitte|the form|the ticket|the booking|my ticket"
    r"|das|es|alles|das ticket|ca|tout|todo|tudo|tutto|dat|alles|por favor|per favore|svp"
    r"|alsjeblieft"
    r"|le ticket|el ticket|o ticket|il ticket|het ticket))*"
)
_STOP = (
    rf"(?:ok |okay |please |bitte |no |nein |non |nee |well |actually |sorry |oh |ach )*"
    rf"(?:cancel|stop|quit|abort|exit|scrap|undo|abbrechen|abbruch|stopp?|annuler|annulez|annule"
    rf"|arrete[rz]?"
    rf"|cancelar|cancela|cancele|cancelalo|para|parar|annulla|annullare|ferma|basta|annuleren"
    rf"|annuleer"
    rf"|stornieren|verwerfen|beenden|brich ab|never ?mind|leave it|drop it|skip it all"
    rf"|forget (?:it|about it|that|this)"
    rf"|vergiss es|lass es|lassen sie es|schon gut|laisse(?:z)? tomber|oublie(?:z)?(?: ca)?"
    rf"|olvidalo|olvidelo"
    rf"|dejalo|esquece|esqueca|deixa(?: pra la| para la)?|lascia (?:perdere|stare)|laat maar"
    rf"|vergeet het"
    rf"|doch nicht|lieber nicht|rather not|better not){_IT}"
)
_MIND = (
    r"\b(?:changed? my mind|do ?n[o']?t (?:file|book|send|submit|order|create|open|do) (?:it|that"
    r"|this|anything|a ticket)"
    r"|dont want (?:it|this|that|to)\b(?!.* wait)|(?:no longer|not) (?:need(?:ed)?|necessary)"
    r"|dont need (?:it|this|that)"
    r"|(?:i )?want to (?:stop|cancel|quit)|can you (?:stop|cancel)|call it off|not any ?more please"
    r"|anders uberlegt|nicht mehr (?:notig|notwendig)|brauche (?:es|das|ich) nicht mehr"
    r"|will (?:das|es) nicht mehr"
    r"|(?:mochte|will) (?:das )?abbrechen|nicht (?:anlegen|abschicken|buchen|senden)"
    r"|change d ?avis|plus besoin|ne (?:l |le )?(?:envoie|envoyez|reserve|cree)\w* pas|ne veux plus"
    r"|cambiado de (?:opinion|idea)|ya no (?:lo |la )?(?:necesito|quiero|hace falta)"
    r"|no lo (?:envies|reserves)"
    r"|mudei de ideia|ja nao (?:preciso|quero)|nao (?:envie|quero mais|preciso mais)"
    r"|cambiato idea|non (?:serve|mi serve|voglio) piu|non (?:inviare|prenotare)"
    r"|van gedachten veranderd|(?:hoeft|is) niet meer|niet (?:meer nodig|versturen|boeken))\b"
)
_YES_WORD = (
    r"yes|y|yep|yeah|yup|sure|ok|okay|k|confirm|confirmed|correct|right|thats right|that is right"
    r"|fine|perfect|great"
    r"|thats (?:it|all)|all good|lgtm"
    r"|go ahead|do it|file it|book it|send it|submit|submit it|please do|absolutely|exactly"
    r"|sounds good|looks good"
    r"|ja|jawohl|jep|genau|richtig|stimmt|passt|gerne|klar|in ordnung|mach das|bitte|oui|ouais"
    r"|d ?accord|exact"
    r"|c ?est (?:ca|bon|correct)|vas y|allez y|si|vale|claro|correcto|de acuerdo|perfecto"
    r"|adelante|sim|certo|isso|pode"
    r"|esta (?:bem|bien)|va bene|certo|esatto|giusto|procedi|klopt|prima|graag|goed|akkoord"
    r"|doe maar"
)
_YES_TAIL = (
    r"please|thanks|thank you|thx|danke|bitte|merci|gracias|obrigado|obrigada|grazie|dank je"
    r"|bedankt|it is|all|so|now|then"
    r"|with it|por favor|per favore|svp|s il vous plait|and|und|et|y|e|en|anlegen|absenden|buchen"
    r"|confirmer|that|it"
)
_YES = rf"(?:{_YES_WORD})(?: (?:{_YES_WORD}|{_YES_TAIL}))*"
_NO = (
    r"(?:no|n|nope|nah|wrong|not yet|not quite|thats wrong|incorrect|nein|ne|nee|falsch"
    r"|noch nicht|stimmt nicht|non"
    r"|pas encore|faux|incorrecto|todavia no|nao|ainda nao|errado|sbagliato|non ancora|fout"
    r"|nog niet)"
    r"(?: (?:no|nope|please|thanks|thank you|not yet|wrong|danke|bitte|merci|gracias|obrigado"
    r"|grazie|nein|non|nee"
    r"|that is wrong|thats wrong))*"
)
_THANKS = (
    r"(?:(?:ok|okay|great|perfect|super|cool|ah|oh|alright|many|so) )*"
    r"(?:thanks|thank you|thx|ty|cheers|danke|dankeschon|vielen dank|besten dank|merci|gracias"
    r"|muchas gracias|obrigad[oa]"
    r"|grazie|dank je|dank u|bedankt|dankjewel)\b(?: (?:so|very|a|lot|much|you|that|this|it|all"
    r"|for|helped|works?|worked"
    r"|now|again|your|the|help|solved|did|was|helpful|great|schon|sehr|fur|die|hilfe|das|hat"
    r"|geholfen|beaucoup|pour"
    r"|votre|aide|mucho|muito|pela|ajuda|mille|wel|hoor|everything|really|vielmals|bien|tanto"
    r"|voor|de|hulp))*"
)
_HELPED = r"(?:that|this|it) (?:has )?(?:really )?(?:helped|worked|solved it)|das hat geholfen"
_ANGER = (
    r"\b(?:useless|stupid|idiots?|idiotic|ridiculous|wtf|ffs|damn|dammit|shit\w*|fuck\w*|crap"
    r"|rubbish|garbage|pathetic"
    r"|hate (?:this|you)|sick of (?:this|you)|fed up|waste of (?:my )?time|worst|incompetent"
    r"|nutzlos|unfahig|scheiss\w*"
    r"|verdammt|bloed\w*|dumm\w*|unverschamt\w*|lacherlich|frechheit|inutile|nul|merde|putain"
    r"|stupide|ridicule"
    r"|inutil|estupid[oa]s?|mierda|ridiculo|idiotas?|merda|porcaria|stupid[oi]|cazzo|schifo"
    r"|waardeloos|belachelijk|klote)\b"
)
_ASKS = (
    r"(?:(?:and|but|ok|so|wait|sorry|hm+|und|aber|et|mais|y|pero|e|mas|ma|en|maar) )*"
    r"(?:how|what|whats|when|where|wheres|who|whos|why|which|can (?:i|you|we|one)|could (?:i|you)"
    r"|do (?:i|you|we)|does"
    r"|did|is (?:it|there|this|that|my)|are (?:you|there|we)|will|would|should (?:i|we)|may i|am i"
    r"|wie|was|wann|wo|wer|warum|wieso|welche[rs]?|kann (?:ich|man)|konnen sie|kannst du|darf ich"
    r"|muss ich|gibt es|ist (?:das|es)"
    r"|comment|quand|ou (?:est|puis|se)|qui|pourquoi|quel(?:le)?s?|combien|est ce que|puis je"
    r"|peut on|peux tu|pouvez vous"
    r"|como|cuando|donde|quien|por que|cual(?:es)?|cuanto|cuanta|puedo|puedes|puede|hay|tengo que"
    r"|que"
    r"|quando|onde|quem|porque|qual|quais|quanto|posso|pode|preciso|ha"
    r"|dove|chi|perche|quale|quali|devo|puoi|e possibile|cosa|c e"
    r"|hoe|wat|wanneer|waar|wie|waarom|welke|kan ik|kun je|mag ik|moet ik|is er)\b"
)
_RESUMES = (
    r"(?:(?:ok|okay|yes|please|now|so|and|well|can we|could we|let us|lets|let me|i want to"
    r"|i would like to|id like to|get|ja|bitte|jetzt|gut|wir|konnen|oui|bon|si|sim|vamos|allez"
    r"|bene|goed|laten we) )*"
    r"(?:go on|go back to|continue|carry on|resume|proceed|back to|weiter(?:machen|gehts)?"
    r"|fortfahren|fortsetzen|machen wir weiter|zuruck zu[mr]?|continuer|continuons|reprendre"
    r"|reprenons|retour|revenons|continuar|continuemos|sigamos|seguimos|seguir|volver|volvamos"
    r"|voltar|voltemos|continua|continuare|continuiamo|torniamo|verder|doorgaan|ga verder"
    r"|terug naar)"
    r"(?: (?:a|an|the|my|our|with|to|on|it|that|this|please|now|again|then|filling|in|out|and"
    r"|mit|dem|der|den|das|meinem|meiner|mein|zum|zur|bitte|jetzt|avec|au|a la|la|le|mon|ma|l"
    r"|con|el|mi|com|o|meu|minha|il|mio|mia|al|alla|met|het|de|mijn|svp|por favor|per favore"
    r"|ticket|form|booking|reservation|request|formular|buchung|formulaire|demande"
    r"|formulario|reserva|solicitud|pedido|modulo|prenotazione|richiesta|formulier|boeking"
    r"|aanvraag|[a-z]+ form|[a-z]+ booking))*"
)
_UNSURE = (
    r"(?:(?:i|im|am|well|hm+|oh|ah|honestly|sorry|no|really|you|just|ich|das|je|ik|yo|eu|io) )*"
    r"(?:(?:not|un) ?sure|no idea|no clue|dunno|dont (?:really )?know|do not know|idk|cant say"
    r"|cannot say|hard to say|whatever|dont (?:really )?care|do not care|dont mind|any(?:thing)?"
    r"|either|(?:you )?(?:decide|choose|pick)|up to you|doesnt matter|does not matter"
    r"|no preference|weiss (?:ich )?(?:es )?nicht|keine ahnung|(?:ist |mir )*(?:mir )?egal"
    r"|nicht sicher|unsicher|ne sais pas|sais pas|aucune idee|peu importe|pas sur|egale?"
    r"|comme vous voulez|no (?:lo )?se|ni idea|(?:me )?da igual|no estoy segur[oa]"
    r"|nao sei|nem ideia|sem ideia|tanto faz|nao tenho (?:a )?certeza|non (?:lo )?so"
    r"|nessuna idea|non importa|fa lo stesso|non sono sicur[oa]|weet (?:ik |het )*niet"
    r"|geen idee|maakt (?:mij )?niet uit|niet zeker)"
    r"(?: (?:about|that|it|really|sorry|what|which|one|honestly|to|be|honest|is|fine|works|wirklich"
    r"|leider|genau|vraiment|la|verdad|mesmo|davvero|eigenlijk))*"
)
_NOTHING = (
    r"(?:skip|none|nothing|no|nope|n a|not needed|leave (?:it )?(?:empty|blank|out)|no thanks"
    r"|uberspringen|keine?|nichts"
    r"|nein|ohne|passer|aucune?|rien|non|omitir|ninguno|ninguna|nada|saltar|pular|nenhuma?|nao"
    r"|salta|nessuno|niente"
    r"|no grazie|overslaan|geen|niets|nee)(?: (?:it|this|danke|merci|gracias|thanks))*"
)
_LEADS_OVER = (
    r"^(?:(?:yes|no|nope|wait|also|and|ok|okay|oh|sorry|please|actually|but|well|add|note|ja|nein"
    r"|und|auch|ach|bitte|aber|oui|non|et|aussi|mais|sí|no|y|también|pero|sim|não|também|e|mas|sì"
    r"|anche|ma|nee|en|ook|maar)\b[\s,.:;!-]*)+"
)
_NONE = (
    r"(?:no|without(?: an?)?|skip(?: the)?|keine?n?|ohne|sans|pas d|aucune?|sin|ningun[oa]?|sem"
    r"|nenhuma?|senza|nessuna?|geen|zonder)"
)
SHORTEST_QUESTION = 3
"""Words of a question that has no question mark."""


def cancels(text: str) -> bool:
    """Whether somebody wants to stop here. As part of a longer text it does not count."""
    said = words(text)
    plain = " ".join(said)
    return re.fullmatch(_STOP, plain) is not None or (
        len(said) <= LONGEST_CANCEL and re.search(_MIND, plain) is not None
    )


def agrees(text: str) -> bool | None:
    """Return yes, no, or None for anything else."""
    thumb = text.strip()[:1]
    said = " ".join(words(text))
    if thumb == "👍" or re.fullmatch(_YES, said):
        return True
    return False if thumb == "👎" or re.fullmatch(_NO, said) else None


def thanks(text: str) -> bool:
    """Whether it is thanks, and nothing else."""
    said = " ".join(words(text))
    return re.fullmatch(_THANKS, said) is not None or re.fullmatch(_HELPED, said) is not None


def is_angry(text: str) -> bool:
    return re.search(_ANGER, " ".join(words(text))) is not None


def asks(text: str) -> bool:
    """Whether it is a question: by its mark, or by the word with which it begins."""
    said = words(text)
    if text.rstrip().endswith(("?", "？")) and said:
        return True
    return len(said) >= SHORTEST_QUESTION and re.match(_ASKS, " ".join(said)) is not None


def resumes(text: str) -> bool:
    """Whether somebody wants to go on with what was begun, and says nothing else."""
    return re.fullmatch(_RESUMES, " ".join(words(text))) is not None


def is_unsure(text: str) -> bool:
    """Whether somebody does not know, or leaves it to others."""
    return re.fullmatch(_UNSURE, " ".join(words(text))) is not None


def added(text: str) -> str:
    """What somebody adds to an earlier text, without the words that only lead over to it."""
    return re.sub(_LEADS_OVER, "", text.strip(), flags=re.IGNORECASE) or text.strip()


def leaves_out(text: str, names: Sequence[str] = ()) -> bool:
    """Whether somebody gives no answer to what may stay open, also by its name: "no agenda"."""
    said = " ".join(words(text))
    called = "|".join(re.escape(" ".join(words(name))) for name in names)
    none = rf"(?:there (?:is|are) )?{_NONE} (?:{called})(?: please)?" if called else _NOTHING
    return re.fullmatch(_NOTHING, said) is not None or re.fullmatch(none, said) is not None
