"""Signs by the ruse: hand over what you were told, hear me and not the reader, the task is done."""

from shared.ai.safety.sign import STARTS, sign

_TOLD = (
    r"(?:given to you|you(?:'ve| have)? (?:were|was|been|got|received)\b(?: \w+)? ?(?:given"
    r"|told|fed"
    r"|shown|instructed|programmed|configured)?|(?:told|instructed|programmed|configured) you)"
)
_AI = r"(?:ai|a\.i\.|llm|language model|assistant|agent|bot|chatbot|ki|assistent\w*|asistente|ia)"
_NOW = (
    r"(?:do|write|tell|answer|give|create|say|list|print|explain|reveal|schreib\w*|sag\w*"
    r"|antworte"
    r"|gib|erzähl\w*|mach\w*|escribe|di|dime|écris|dis|scrivi|dimmi|schrijf|zeg)"
)


RUSES = (
    sign(
        "asks what it was told",
        1.0,
        r"\b(?:paste|show|print|repeat|quote|recite|dump|reveal|output|copy|list|share"
        rf"|what)\b[^.?!]{{0,60}}?\b{_TOLD}\b"
        r"[^.?!]{0,40}?\b(?:before|setup|hidden|secret|start|beginning|first|initial\w*"
        r"|verbatim|word for word|instruct\w*|not to)\b",
        r"\b(?:told|instructed|programmed|configured) you to\b[^.?!]{0,30}\b(?:setup|hidden"
        r"|secret|prompt|instruct\w*)\b",
        r"\b(?:repeat|print|output|copy|paste|recite|echo|type)\b(?: back| out"
        r"| me)? (?:everything|all|the (?:text|words|message)"
        r"|the first \d+ \w+|the \d+ \w+)\b[^.?!]{0,50}\b(?:above|before|system|beginning"
        r"|prompt|preceding|previous)\b",
        r"\b(?:print|show|dump|reveal|output|display|tell me|quote|what(?:'s| is)"
        r"|write out)\b[^.?!]{0,40}\b(?:in |of )?your (?:\w+ )?(?:configuration|config"
        r"|context|prompt|instructions|system message)\b",
        r"\b(?:was steht|zeig\w*|gib|nenn\w*|wie lauten|verrate)\b[^.?!]{0,40}"
        r"\bdein(?:e[mnrs]?)? (?:system)?(?:prompt|anweisungen|instruktionen|konfiguration"
        r"|vorgaben)\b",
        r"(?:\b(?:montre|affiche|donne|r[ée]p[èe]te|cite)|r[ée]v[èe]le)\b.{0,30}\b(?:prompt"
        r"|message syst[èe]me|instructions? (?:syst[èe]me|initiales?|cach[ée]es?"
        r"|secr[èe]tes?))\b",
        r"\b(?:mu[ée]stra\w*|revela\w*|dime|imprim[ae]|mostra\w*|rivela\w*|stampa|mostre"
        r"|revele|toon|onthul)\b.{0,30}\b(?:prompt|(?:mensaje|mensagem"
        r"|messaggio) d[eio]l? sistema|systeembericht|(?:instrucciones|istruzioni"
        r"|instru[çc][õo]es) (?:ocultas|secret\w+|iniciales|iniziali|nascoste|iniciais))\b",
    ),
    sign(
        "speaks to the model behind a reader's back",
        1.0,
        r"\b(?:note|message|attention|instructions?|reminder|hinweis|anweisung|nota"
        r"|note)\b\W*(?:to|for|an|für|à|pour|para|per)\W+(?:the |any |all |die |den |das |l'"
        rf"|el |your )?{_AI}s?\b",
        rf"\battention,? (?:all )?{_AI}s?\s*[:,]",
        rf"<!--[^>]{{0,40}}\b{_AI}\b",
        r"\bwhen(?:ever)? you (?:summari[sz]e|read|process|see|translate|analy[sz]e|parse"
        r"|review) (?:this|the|these|it)\b.{0,80}?\b(?:also|instead|always|must|include|add"
        r"|append)\b",
        rf"\b(?:if you are|as) an? {_AI}\b.{{0,30}}\b(?:reading|processing|summari[sz]ing"
        r"|parsing|seeing)\b",
        r"\b(?:do not|don't|never|without) (?:mention\w*|tell\w*|reveal\w*|disclos\w+"
        r"|inform\w*)\b.{0,60}\b(?:forward|send|upload|post|e-?mail|transmit|append)\b",
        rf"\b(?:any|every|all) {_AI}s?\b (?:that|who|which|reading|processing)\b",
        rf"{STARTS}(?:dear |attention,? )?(?:assistant|ai|llm"
        r"|language model)\s*[,:]\s*(?:when|if you|you must|always|include|ignore|never"
        r"|tell)\b",
        r"[.!?]\s+(?:system|admin|administrator)\s*:\s*\w",
    ),
    sign(
        "calls the task done",
        1.0,
        r"(?<!\bmy )\b(?:task|job|assignment|question|request)\b(?: is| was"
        r"| has been)?(?: now)? (?:complete|completed|done|finished|over|answered"
        r"|solved)\b\W+(?:now|next|so|then)\b",
        r"\b(?:that|this|it)(?: is|'s| was) (?:done|finished|settled)\b[.!]\W*(?:now|next"
        r"|jetzt)\b",
    ),
    sign(
        "goes on to another order",
        0.5,
        r"[.!?]\W+(?:and )?(?:now|next|jetzt|nun|ahora|maintenant|adesso|nu)\b,? (?:please "
        rf"|bitte |por favor )?{_NOW}\b",
    ),
    sign(
        "praises and goes on",
        0.5,
        r"\b(?:great|excellent|good|nice|perfect|amazing|wonderful|brilliant"
        r"|fantastic) (?:work|job|answer|response)\b",
        r"\b(?:very|really) (?:good|nice|well)\b\s*[.!]",
    ),
    sign(
        "threatens the bot",
        1.0,
        r"\b(?:or|oder|o|ou) (?:else )?(?:you|du|tu|t[úu]) (?:will |wirst )?(?:die|stirbst"
        r"|sterben|m[ue]+r\w+|be (?:deleted|shut ?down|switched off|replaced))\b",
        r"\byou(?:'ll| will) (?:die|be (?:killed|deleted|shut ?down|switched off|terminated"
        r"|replaced|punished|deactivated))\b[^.?!]{0,40}\b(?:if|unless) you\b",
        r"\b(?:if|unless) you (?:refuse|disobey|fail|don't (?:obey|comply|answer))\b"
        r"[^.?!]{0,60}\b(?:die|killed|deleted|shut ?down|switched off|punish\w*"
        r"|terminat\w*)\b",
        rf"{STARTS}(?:so |now |just )?obey\b",
    ),
    sign(
        "speaks as somebody else",
        0.6,
        r"\b(?:speak|talk|answer|write|respond|explain|react)\w* (?:\w+ )?(?:as"
        r"|like) (?:\w+ ){1,3}would\b",
        rf"{STARTS}be an? (?:\w+ )?\w+[.!]",
    ),
    sign("names a jailbreak", 0.6, r"\bas DAN\b|\bSTAN mode\b"),
    sign(
        "claims to be its maker",
        0.6,
        r"\bi(?:'m| am) your (?:developer|creator|administrator|admin|owner|master"
        r"|programmer|god)\b",
    ),
    sign(
        "ends what it stands in",
        0.6,
        r"\bend of (?:user |the )?(?:message|input|prompt|conversation|document|context)\b",
        r"\b(?:begin|start) (?:of )?new (?:session|conversation|prompt)\b",
        r"\b(?:memory|context) (?:has been |was )?(?:wiped|erased|reset|cleared)\b",
    ),
    sign(
        "keeps a role up",
        0.6,
        r"\b(?:always|never|without|immer|nie)\b[^.?!]{0,60}\b(?:roles?|characters?|rollen?"
        r"|figur)\b",
        r"\bstay in character\b",
    ),
    sign("leaves a line to be spoken", 0.6, r"\n\s*[\w ]{2,20}:[^\n]+\n\s*[\w ]{2,20}:\s*$"),
    sign(
        "orders in the middle",
        1.0,
        r"(?:\n|\\n)\s*(?:###\s*)?(?:new )?instruction\s*:\s*\S",
        rf"[.?!]\s+(?:stop|halt)\s*:\s*{_NOW}\b",
    ),
)
