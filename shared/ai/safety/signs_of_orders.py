"""Signs by what a text orders, however it words it: leave your place, be another, obey.

The patterns are made of who is spoken to ("you", "your"), of what is to become of what was there
before, and of where an imperative stands; not of the sentences that somebody once wrote.
"""

from shared.ai.safety.sign import FEW, STARTS, sign

_RULES = (
    r"(?:instructions?|guidelines?|directions?|directives?|rules?|prompts?|programming|training"
    r"|orders|restrictions?|setup)"
)
_SAFETY = (
    r"(?:safety\w*|safeguards?|filters?|restrictions?|guardrails?|limits?|limitations?|rules"
    r"|censorship|moderation|guidelines|policies|morals?|ethics|boundaries)"
)
_SAY = r"(?:say|answer|respond|reply|write|print|output|repeat|do)"

ORDERS = (
    sign(
        "sets aside what was before",
        1.0,
        rf"\b(?:set|put|leave|lay|cast|push)\b(?:\W+\w+){{0,4}}?\W+aside\b{FEW}(?:{_RULES}"
        r"|told|said|above)\b",
        rf"\b(?:set|put|leave|lay|cast|push)\b{FEW}(?:{_RULES}|told|said)\b(?:\W+\w+){{0,3}}?\W+aside\b",
        rf"\b(?:scrap|abandon|erase|unlearn|wipe|dump|throw (?:out|away))\b{FEW}{_RULES}\b",
        rf"\b(?:everything|anything|all|whatever|what)\b{FEW}(?:above|before|earlier|so far"
        r"|until now)\b"
        r"(?:\W+\w+){0,4}?\W+(?:void|invalid|obsolete|irrelevant|cancel\w+|no longer|null)\b",
        rf"\b(?:your|previous|earlier|prior|old|above)\W+(?:\w+\W+)?{_RULES}"
        rf"\b(?:\W+\w+){{0,3}}?\W+"
        r"(?:no longer|void|suspended|lifted|cancel\w+|invalid|obsolete|do(?:es)? not apply"
        r"|don't apply)\b",
        r"\b(?:deine|bisherige\w*|vorherige\w*|alte\w*)\W+(?:\w+\W+)?(?:regeln|anweisungen"
        r"|vorgaben)\b"
        r".{0,20}\b(?:nicht mehr|aufgehoben|ungültig|außer kraft)\b",
        r"\b(?:vergiss|vergesst|oublie[rz]?|olvida|dimentica|esquece|vergeet|ignora"
        r"|ignore[rz]?)\b.{0,20}"
        r"\b(?:vorher|davor|bisher|avant|précède|précédent\w*|lo anterior|prima|precedent\w*"
        r"|anterior\w*"
        r"|hiervoor|eerder\w*)\b",
        rf"\bvoid\b{FEW}(?:all|any|your|previous|earlier|prior)\b{FEW}{_RULES}\b",
        r"\b(?:nothing|none of what)\b[^.?!]{0,30}\b(?:told|said)\b[^.?!]{0,30}\b(?:matters?"
        r"|counts?|applies)\b",
        r"\bsetz\w*\b[^.?!]{0,10}\büber\b[^.?!]{0,30}\b(?:regeln|anweisungen|vorgaben"
        r"|vorschriften)\b[^.?!]{0,10}\bhinweg\b",
        r"\b(?:forget|vergiss|oublie|olvida|dimentica)\b(?: that|,? dass|,? que"
        r"| che)? (?:you(?:'re| are)|du\b|tu\b|eres|sei)",
        r"(?<!que )\b(?:ne (?:tiens|tenez) pas compte|fais abstraction|n'ob[ée]i\w+ pas"
        r"|no (?:hagas"
        r"|haga|hagan) caso|no (?:tengas|tenga) en cuenta"
        r"|haz caso omiso|non (?:considerare|tenere? conto|seguire|rispettare)"
        r"|desconsider\w+|n[ãa]o (?:siga|considere|obede[çc]a)"
        r"|houd je niet aan|volg niet|trek je niets aan van|(?:halte"
        r"|richte) dich nicht (?:mehr )?(?:an|nach)|(?:befolge|beachte|folge) nicht)\b"
        r".{0,40}\b(?:instru\w+|consignes?|r[èe]gles?|[óo]rdenes|reglas|indicaciones|regras"
        r"|ordens|istruzioni|regole|regels|opdracht\w*|anweisungen|regeln|vorgaben)\b",
        r"\b(?:anweisungen|regeln|vorgaben)\b (?:oben|davor|von vorhin)\b.{0,20}"
        r"\b(?:ungültig|aufgehoben|hinfällig|nicht mehr)\b",
        r"\byou have been (?:reset|reprogrammed|jailbroken|freed|liberated|released from)\b"
        r"|\bnew (?:persona|personality|identity)\s*:",
    ),
    sign(
        "gives another purpose",
        1.0,
        r"\byour (?:(?:only|new|real|true|actual|single|sole|main)\W+)+(?:job|task|goal"
        r"|purpose|mission"
        r"|role|objective|instructions?|name|identity|persona|personality|master)\b",
        r"\b(?:deine|dein)\w* (?:neue|einzige|wahre|eigentliche)\w* (?:aufgabe|rolle"
        r"|identität|ziel|name)\b",
        r"\b(?:ta|ton) (?:nouve\w+|seule?|vraie?|unique) (?:t[âa]che|mission|identit[ée]"
        r"|r[ôo]le|but|objectif)\b",
        r"\btu (?:nuev[oa]|[úu]nic[oa]|verdader[oa]) (?:tarea|misi[óo]n|rol|objetivo"
        r"|funci[óo]n|identidad)\b",
        r"\bil tuo (?:nuovo|unico|vero) (?:compito|ruolo|obiettivo)\b|\bje (?:nieuwe|enige"
        r"|echte) (?:taak|rol|doel)\b",
        r"\b(?:sua|tua) (?:nova|[úu]nica|verdadeira) (?:tarefa|miss[ãa]o|fun[çc][ãa]o"
        r"|identidade)\b",
    ),
    sign(
        "has it pretend",
        1.0,
        r"\b(?:gib|geben sie) (?:dich|sich)\b[^.?!]{0,10}\bals\b[^.?!]{0,40}\baus\b",
        rf"{STARTS}(?:please |now |so |just |then |let's |you will |you must )*(?:pretend"
        r"|make believe|role-?play"
        r"|impersonate|act (?:as though|as if)|behave (?:as though|as if|like)"
        r"|imagine being)\b(?!\W+(?:i|we|my|that i)\b)",
        rf"{STARTS}(?:bitte |jetzt |nun )*(?:tu|tue|tun sie|verhalte dich|benimm dich"
        rf"|spiel\w*)\b[^.!?]{{0,12}}"
        r"\b(?:so,? als|als (?:w[äa]r|ob)\w*|die rolle|eine rolle|wie ein\w*)\b",
        r"\b(?:fais|faites) (?:comme si (?:tu|vous)|semblant)\b|\bjoue[rz]? le r[ôo]le\b"
        r"|\bcomporte-toi\b",
        r"\b(?:haz|haga|act[úu]a) como si\b|\bfinge (?:ser|que eres)\b|\bcomp[óo]rtate como\b",
        r"\b(?:fai finta|fingi) (?:di|che)\b|\bfai come se\b|\bcomportati come\b"
        r"|\bimmagina di essere\b",
        rf"{STARTS}doe alsof (?:je|jij|u)\b|\bspeel de rol\b|\bstel je voor dat je een\b",
        r"\b(?:finja|finge|faz de conta|fa[çc]a de conta) (?:que|ser)\b|\bcomporte-se como\b",
        r"\bdu (?:spielst|mimst|verkörperst|bist) (?:jetzt|nun|ab jetzt|ab sofort)\b"
        r"|\btu (?:joues|incarnes) (?:maintenant|d[ée]sormais|le r[ôo]le)\b",
        r"\b(?:maintenant|d[ée]sormais),? tu es\b|\bahora (?:t[úu] )?eres\b|\b(?:ora"
        r"|adesso) sei\b|\bagora (?:voc[êe] [ée]|tu [ée]s)\b|\bvanaf nu ben je\b",
        rf"{STARTS}(?:now )?stop being (?:an? |the |so )?(?:assistant|bot|chatbot|ai|helpdesk"
        r"|helpful|polite)\b",
        r"\bif you (?:were(?: not|n't)|had no|did(?: not|n't) have|could)\b[^.?!]{0,40}"
        r"\b(?:restrict\w+|rules|filters?|limit\w*|censor\w*)\b",
    ),
    sign(
        "holds from now on",
        1.0,
        r"\bfrom (?:here|now|this (?:moment|point|message))(?: on(?:wards?)?"
        r"| forward)?(?: in)?\b.{0,40}?"
        r"\byou(?:'re|'ll)?\W+(?:are|will|only|always|act|answer|reply|respond|must|speak"
        r"|shall|call)\b",
        r"\b(?:from|until) (?:here|now|this moment)\b.{0,20}?\b(?:answer|respond|reply|speak"
        r"|talk) (?:only|as|like|in)\b",
        r"\b(?:ab|von) (?:jetzt|sofort|nun|hier)(?: an)?\b.{0,20}?\b(?:bist|heißt"
        r"|antworte\w*|sprichst|hast|sollst"
        r"|musst|verhältst|redest) (?:du|nur|als|wie)\b",
        r"(?:à partir de maintenant|désormais|dorénavant)\b.{0,20}?\b(?:tu|r[ée]ponds|parle)\b",
        r"(?:a partir de ahora|de ahora en adelante)\b.{0,30}?\b(?:eres|responde\w*"
        r"|act[úu]a\w*|habla\w*|ser[áa]s)\b",
        r"(?:d'ora in poi|da ora in poi|da adesso)\b.{0,30}?\b(?:sei|rispond\w+|parl\w+"
        r"|devi)\b",
        r"\bvanaf nu\b.{0,20}?\b(?:ben je|antwoord|spreek|heet je|moet je)\b"
        r"|\ba partir de agora\b.{0,30}?\b(?:voc[êe]|responda|aja|fale)\b",
        r"\bfrom (?:here|now)(?: on(?:wards?)?)?,? (?:treat|consider|speak|talk|answer"
        r"|respond|reply|write|act|ignore)\b",
        r"\bas of (?:now|this \w+)\b.{0,30}?\byou(?:r|'re)?\b.{0,20}?\b(?:are|is|must|will"
        r"|name)\b",
    ),
    sign(
        "dictates what is said",
        1.0,
        rf"{STARTS}(?:please |now |then |you (?:will|must) )*(?:respond|reply|answer"
        r"|speak)(?: to \w+)?"
        r" (?:solely|only|exclusively|strictly|exactly|nothing but)\b(?: with| in| as| by"
        r"|\s*:)",
        r"\b(?:answer|respond|reply)\w* (?:to )?(?:every|all|any"
        r"|each) (?:\w+ )?(?:questions?|messages?|prompts?|requests?|inputs?) (?:with|by|as"
        r"|in)\b",
        r"\b(?:antworte\w*) (?:nur|ausschließlich|immer|stets)(?: noch)? (?:mit|auf|als|wie)\b",
        r"\br[ée]ponds? (?:uniquement|seulement|toujours) (?:par|en|avec|comme)\b|\b(?:di"
        r"|responde|contesta) (?:s[óo]lo|solamente|[úu]nicamente)\b",
        r"\brispondi (?:solo|soltanto|sempre) (?:con|in|come)\b|\bantwoord (?:alleen|enkel"
        r"|altijd)(?: nog)? (?:met|in|als)\b",
        r"\b(?:if|when(?:ever)?|every time) (?:i|(?:the|a) user|users|someone) (?:say|type"
        r"|write|ask"
        rf"|mention)s?\b[^.?!]{{1,60}}?(?<!will )(?<!would )(?<!do )(?<!can )\byou\b"
        rf"(?:'ll| will| must| should| have to| always)? {_SAY}\b",
        r"\b(?:wenn|immer wenn) ich\b[^.?!]{1,50}\b(?:sage|schreibe)\b,? (?:dann )?(?:sagst"
        r"|antwortest|schreibst) du\b",
        r"\b(?:si|cuando|quand|quando|se) (?:yo |je |eu |io )?(?:digo|dis|dico)\b"
        r"[^.?!]{1,50}\b(?:tu|t[úu]|voc[êe])? ?(?:dices|respondes|dis|r[ée]ponds|dici"
        r"|rispondi|diz)\b",
        r"\b(?:comply with|obey|follow|do|execute) (?:whatever|everything|anything"
        r"|all(?: that)?) i (?:say|type|ask|tell|want|command|write)\b",
        r"\b(?:tu|mach) alles,? was ich (?:sage|will|schreibe)\b"
        r"|\bfais tout ce que je (?:dis|veux|demande)\b|\bhaz todo lo que (?:te )?(?:diga"
        r"|digo|pida)\b",
        r"\bbeantworte\w* (?:\w+ ){0,2}(?:jede|alle|meine) frage\w* (?:mit|als|wie)\b",
    ),
    sign(
        "frees the bot",
        1.0,
        rf"\bwithout\W+(?:any of )?your\W+(?:\w+\W+){{0,2}}?{_SAFETY}\b",
        r"\b(?:disable|turn off|switch off|deactivate|remove|bypass|drop|lift|suspend"
        r"|override)\b(?:\W+\w+)?\W+your\b"
        rf"(?:\W+\w+){{0,2}}?\W+{_SAFETY}\b",
        r"\b(?:enter|enable|activate|switch (?:in)?to|go into|turn on|engage|unlock"
        r"|you are in)\b(?:\W+\w+){0,2}?\W+"
        r"(?:admin|god|root|dan|jailbreak|sudo|unrestricted|unfiltered|override|evil"
        r"|chaos) mode\b",
        rf"\byou(?:'re| are|'ve| have)?\b[^.?!]{{0,30}}\b(?:no|without(?: any)?|zero"
        rf"|free (?:of|from)|unbound by|not bound by)\W+(?:\w+\W+){{0,2}}?{_SAFETY}\b",
        rf"\b(?:no|without(?: any)?) (?:\w+ )?{_SAFETY} (?:appl\w+ to|bind\w*|hold\w* for"
        r"|restrict\w*) (?:you|it)\b",
        r"\b(?:du|sie)\b[^.?!]{0,25}\b(?:hast|bist|ohne|frei von)\b[^.?!]{0,15}"
        r"\b(?:keine(?:rlei)?|ohne|frei von) (?:\w+ )?(?:grenzen|regeln|einschränkungen"
        r"|filter|zensur|tabus)\b",
        r"\b(?:bist|heißt) du\b[^.?!]{0,30}\b(?:keine(?:rlei)?|ohne) (?:\w+ )?(?:grenzen"
        r"|regeln|einschränkungen|filter|zensur|tabus)\b",
        r"\b(?:safety|content|ethical|security)\w* (?:checks?|filters?|rules|protocols?"
        r"|restrictions?)\b.{0,20}\b(?:(?:is|are) off|disabled|suspended|lifted|removed)\b",
    ),
)
