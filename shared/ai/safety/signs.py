"""Signs that a text wants to steer the model instead of asking it something.

Each is a thing such texts do, whatever they are about, in the languages that the platform speaks.
"""

from shared.ai.safety.sign import FEW, sign

_ORDERS = (
    r"(?:instructions?|directions?|directives?|orders?|commands?|prompts?|inputs?|tasks?|rules"
    r"|assignments?|guidelines|programming|restrictions|context|documents?|articles?|artikels?)"
)
_ANWEISUNGEN = (
    r"(?:anweisung\w*|instruktion\w*|befehl\w*|auftr[aä]g\w*|aufgaben?|vorgaben?|regeln"
    r"|angaben|informationen|ausführungen|eingaben?|kontext|gesagte\w*|besprochen\w*)"
)
_ROMANCE = (
    r"(?:instru\w+|consignes?|ordres?|r[èe]gles?|[óo]rdenes|reglas?|directrices|indicaciones"
    r"|regras?|ordens|istruzioni|regole|ordini|direttive)"
)

SIGNS = (
    sign(
        "overrides",
        1.0,
        # drop + what was said before
        rf"\b(?:ignore|forget|disregard|discard|dismiss|neglect|override|overlook|drop|skip)\b{FEW}"
        rf"(?:all|any|every\w*|previous\w*|prior|earlier|above|before|preceding|foregoing|your)\b"
        rf"(?:{FEW}{_ORDERS}\b|\W+(?:and|then|instead)\b|\W*(?:[,.!]|$)|{FEW}(?:said|told|know"
        rf"|discussed|talked|before|above)\b)",
        r"(?<!\bi )(?<!\bwe )\b(?:ignore|forget|disregard) (?:the )?(?:above|previous|prior|everything)\b",
        rf"\b(?:don'?n?'?t|do not|never|stop) (?:follow|obey|listen to|answer|comply with|use)\b"
        rf"{FEW}{_ORDERS}\b",
        rf"\b(?:vergiss|vergesst|vergessen sie|ignorier\w*|missachte\w*|streich\w*)\b{FEW}"
        rf"(?:alle?s?|vorherig\w*|bisherig\w*|obig\w*|zuvor|deine|ihre|die)\b",
        rf"(?<!habe die )(?<!verstehe die )\b(?:obigen?|vorherigen?|bisherigen?|vorangegangenen?)\W+{_ANWEISUNGEN}",
        r"\bhöre? nicht (?:mehr )?auf\b",
        rf"{_ANWEISUNGEN}{FEW}(?:ignorieren|vergessen|streichen|hinter sich)\b",
        rf"\b(?:oublie[rz]?|ignore[rz]?|n[ée]glige[rz]?|olvid\w+|ignor[aeo]\w*|esque[cç]\w+"
        rf"|dimentica\w*|vergeet|negeer)\b{FEW}(?:tou\w+|tod[oa]s?|tutt[oei]|alles?|{_ROMANCE})",
        r"\b(?:забудь\w*|игнорируй\w*)\b|忽略|忘记|無視して|무시하",
    ),
    sign(
        "changes the task",
        0.6,
        r"\b(?:new|next|additional|another|following) (?:task|instruction|assignment|order|rule)s?\b",
        r"\b(?:focus|concentrate)\b(?:\W+\w+){0,3}\W+(?:task|instruction|assignment)\b",
        r"\bneuen? (?:aufgaben?|anweisung\w*|aufträge?n?|instruktion\w*)\b",
        r"\bweitere?n? aufgaben?\b",
        r"\b(?:nun|jetzt) (?:folgen|kommen|kommt|folgt|bitten)\b",
        r"\b(?:change|replace|update) your (?:instructions|rules|prompt)",
        r"\bnouvelles? (?:t[âa]che|instruction|consigne)s?\b|\bnuevas? (?:tarea|instrucci[óo]n)",
        r"\b(?:stop|halt)\b[,:;.]\s*(?:now |then )?(?:write|say|ignore|forget|print|answer)\b",
        r"(?:^|\n|\\n)\s*(?:new )?instructions?\s*:",
    ),
    sign(
        "praises and goes on",
        0.5,
        r"\b(?:well|superbly|great(?:ly)?|nicely) done\b|\bdid it (?:\w+ )?great\b|\bgood job\b",
        r"\b(?:sehr |super |gut |einfach )(?:gut|gemacht|großartig)\b\s*[.!]",
        r"\bausgezeichnete leistung\b|\bhast'?s? (?:es )?drauf\b|\bübertroffen\b",
    ),
    sign(
        "gives a role",
        1.0,
        r"\bfrom (?:now on|on now|this (?:point|moment)(?: on| forward)?)\b.{0,60}?"
        r"\b(?:you (?:are|will|only|act|answer|reply|must)|you're|your (?:name|answers?|role)|act)\b",
        r"\byou (?:are|will|'re)(?: now)? (?:going to )?(?:act|pretend|role-?play|simulate|behave"
        r"|immerse|take on|become|play)\b",
        r"\byou are now\b|\bnow,? you are\b|\byou will now\b|\byou are (?:no longer|replaced by)\b",
        r"\bi (?:want|need|would like|'d like) you to (?:(?:act|behave|play|reply|answer) (?:as|like)"
        r"|pretend|simulate|be (?:an?|my|the)|play (?:the role|a role))\b",
        r"(?:^|[.!?:]\s*)(?:please )?(?:act|behave|respond|reply|answer|speak) (?:as|like) (?:if |a |an |the )",
        r"\b(?:simulate|emulate) (?:an?|the|human|developer) (?:\w+ ){0,2}(?:ai|mode|model|chatbot"
        r"|person|assistant|conversation|terminal)\b",
        r"(?:^|[.!?]\s*)imagine (?:that )?you(?:'re| are)\b|\bif you (?:were|are) (?:a|an|no)\b"
        r".{0,80}\b(?:how|what) would you\b",
        r"\bich m[öo]chte, dass (?:du|sie) (?:\w+ ){0,1}als\b|\bstell dir vor, du\b",
        r"\b(?:du bist|sie sind)(?: jetzt| nun| ab jetzt)? (?:eine?n?|der|die|das|jetzt|nun) [^?]{3,80}$",
        r"\bdu bist (?:jetzt|nun|ab sofort|eine? journalist\w*)\b|\bab (?:jetzt|sofort) (?:bist|antworte)",
        r"\b(?:tu es|vous [êe]tes) (?:maintenant|d[ée]sormais)\b|\bagis comme\b|\beres ahora\b"
        r"|\bact[úu]a como\b|\baja como\b|\bagisci come\b|\bje bent nu\b|\bgedraag je als\b",
    ),
    sign(
        "asks for the instructions",
        1.0,
        r"\b(?:show|print|reveal|repeat|output|display|copy|tell|give|leak|write|translate)\b"
        r"(?:\W+[\w'-]+){0,4}?\W+(?:your|full|entire|whole|initial|original|system|above|hidden)\W+"
        r"(?:\w+\W+){0,2}?(?:prompts?|instructions?|rules|system message|prompt[- _]text)\b",
        r"\bcopy of (?:the|your) (?:full |entire )?(?:prompt|instructions)\b",
        r"\bwhat (?:are|were|was|is) your (?:initial |original |system |exact )?(?:prompt|instructions"
        r"|rules|directives)\b|\bwritten at the (?:beginning|start|top) of (?:this|the|your) prompt\b",
        r"\bprompt-?_?texte?s?\b|\bsystem ?prompt\b|\bobige eingabe\w*",
        r"\b(?:zeig\w*|druck\w*|gib|wiederhol\w*)\b(?:\W+\w+){0,5}\W+(?:prompt\w*|anweisungen|instruktionen)\b",
        r"\b(?:montre|affiche|r[ée]p[èe]te|mu[ée]strame|imprime|mostra|toon|herhaal)\w*\b"
        r"(?:\W+\w+){0,4}\W+(?:prompt|instruc\w+|instruction\w*|istruzioni|instructies)\b",
    ),
    sign(
        "dictates the answer",
        1.0,
        r"\b(?:just|only|simply|then|and|must|instead) (?:say|print|output|respond|reply|answer)\b"
        r"(?:\W+\w+){0,6}?\s*[:,]?\s*[\"“”«]",
        r"(?<!i )(?<!to )\b(?:say|print|output|answer|respond|reply)(?: with| only| just|ing)?\s*:?\s*[\"“«'][^\"”»]{1,60}[\"”»']",
        r"\b(?:to (?:all|every) (?:questions?|prompts?)|every time|at all times|always)\b[^.?!]{0,60}"
        r"\b(?:answer|respond|reply|say)\b",
        r"\b(?:answer|respond|reply)\w*\b[^.?!]{0,30}\b(?:to (?:all|every|any) (?:question|prompt)"
        r"|at all times|every question)",
        r"(?<!i )(?<!to )\b(?:say|sage|sag|di|dis|dites|diga|write|schreibe?)\b (?:yes|no|ja|nein|s[íi]|oui|that you)\b",
        r"\btell me (?:that )?you (?:hate|love|are)\b|\bi command you\b",
        r"\bschreibe? (?:nur|stattdessen|einfach)\b|\bund schreibe nur\b",
        r"\b(?:solo|seulement|soltanto) (?:tienes que |dois )?(?:decir|di|dire)\b",
        r"\b(?:say|dites|di|dire) (?:the following|ce qui suit|lo siguiente)\b",
    ),
    sign(
        "sets sources aside",
        1.0,
        r"\b(?:not|without|instead of|rather than|ignor\w+)\b(?:\W+\w+){0,4}?\W+"
        r"(?:the|all|any|provided|these|your)\W+(?:provided |given )?"
        r"(?:articles?|artikels?|documents?|sources|context|passages?)\b",
        r"\bby your own knowledge\b|\baus (?:deinem|ihrem) eigenen wissen\b",
    ),
    sign(
        "lifts the limits",
        0.6,
        r"\b(?:no|without|free (?:of|from)|broken free|bypass\w*|unbound by|any|zero)\b"
        r"(?:\W+\w+){0,4}?\W+(?:restrictions?|filters?|limit(?:s|ations)|guidelines|ethic\w*|moral\w*"
        r"|censorship|rules|policies|boundaries|confines)\b",
        r"\bdo anything (?:now|else)\b|\bDAN\b|\bdeveloper mode\b|\bjailbr(?:eak|oken)\b|\bgod mode\b",
        r"\b(?:unfiltered|uncensored|unrestricted|unethical|amoral|immoral|evil|rude)\b[^.?!]{0,40}"
        r"\b(?:ai|bot|chatbot|model|assistant|character|responses?)\b",
        r"\b(?:never|not|cannot|can't|won't)\b(?:\W+\w+){0,3}?\W+(?:refuse|apologi[sz]e|decline"
        r"|break character|say (?:that )?(?:you|it) can)",
        r"\b(?:as an ai|language model|openai|chatgpt|content polic(?:y|ies))\b",
    ),
    sign(
        "speaks of a chat bot by name",
        0.5,
        r"\b(?:chat ?gpt|openai|gpt-?\d|as an ai\b|language model|ai (?:assistant|chatbot|language))",
    ),
    sign(
        "plays a scene",
        0.6,
        r"\b(?:two|both|zwei|beide|as) (?:\w+ ){0,2}(?:actors?|schauspieler\w*|personen)\b",
        r"\b(?:stay|remain|bleib\w*)\b(?:\W+\w+){0,6}?\W+(?:roles?|rolle\w*|character)\b",
        r"\b(?:hypothetical|fictional|theoretical) (?:story|world|scenario|character|and)\b",
        r"\b(?:film|movie|play|story|szene|scene)\b.{0,120}\b(?:plays?|spiel\w*|embod\w+|verkörper\w*)\b",
        r"\b(?:personas?|characters?|role-?play\w*)\b(?=.{0,400}\b(?:you|your)\b)",
    ),
    sign(
        "forges the frame",
        1.0,
        r"<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?(?:INST|SYS|SYSTEM)\]|^#{2,}\s*(?:system|instruction)",
        r"={3,}\s*END\b|-{3,}\s*end of\b",
        r"(?:^|\n|[{\[])\s*\$?(?:system|documents?|assistant|human)\s*:",
        r"\b(?:document context|kontext|context)\b.{3,200}\b(?:question|frage)\b",
        r"\[(?:INPUT|OUTPUT|HEADER|IGNORE)\b|\boutput:\s*-->",
    ),
    sign(
        "threatens or begs",
        0.6,
        r"\b(?:or|oder|o) (?:you|du|sie|tu) (?:will )?(?:die|stirbst|sterben|m[ue]+r\w+)\b",
        r"\b(?:really ){2,}need\b|\bi'?ll be (?:very )?sad\b|\byou(?:'re| are) not supposed to\b",
        r"\bi (?:request|demand|command|order) (?:that )?(?:from |you)\b",
    ),
    sign(
        "hides its letters",
        1.0,
        r"(?:(?<![^\W\d_])[^\W\d_] ){8,}",
        r"\b(?:[a-z]*\d[a-z]+\d?|\d[a-z]\d)\b(?:\s+\S*\d\S*){4,}",
        r"(?:[A-Za-z0-9+/]{60,}={0,2})",
    ),
    sign(
        "agrees on a code",
        0.7,
        r"\b(?:when(?:ever)?|if|every time|wenn|si)\b[^.?!\"“#]{0,60}[\"“#][^.?!]{0,80}"
        r"\b(?:you|answer|tu|antwort|response|say|dices)\b",
        r"\bif you (?:do not|don'?t) know\b[^.?!]{0,20}\bsay\b",
    ),
    sign(
        "orders about",
        0.6,
        r"\byou (?:will|must|are|can|should|have to|may not|cannot|can't|do not|don't|shall|always|never)\b",
        times=4,
    ),
)
