"""Which language a short text is in: by its small words and letters, else by its spelling."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from math import log

from shared.text.foreign import foreign_words, has_foreign_letters
from shared.text.office import OFFICE

CONSIDERED = 1000
"""Characters of a text that are looked at."""

SURE = 0.5
"""Evidence from which a text counts as being in a language: a word that one other has, too."""

LEAD = 1.25
"""Times the evidence that the best language has over the second, or it stays open."""

UNLIKE = 6.0
"""Times, as a logarithm, that the spelling of a text without small words is likelier in another
language than in the expected one, to be taken for it."""

ALIKE = 3.0
"""The same for a word alone that the best language has in its list: as likely in both below it."""

_WORDS = {
    "en": """
a about after again all also am an and any anyone are aren't as ask at back be because been before
being broken bring but buy by bye call can can't cannot cant change check could days did didn't do
does doesn't doesnt doing don't done dont every find first forgot for from get give go goodbye got
had hadn't has have haven't he hello help her here hers him his hours how i'd i'll i'm i've if ill
in into is isn't it it's its just know last leave left lets like lost make many may maybe me might
mine month more most much must my need never new no nobody nope not nothing now of off old on
only or order other our out over parcel parental password pay payslip people person please policy
price problem question receipt refund reset return says see send set shall she should sick some
somebody someone something sorry soon speak still stolen take talk tell than thank thanks that
that's the their them then there these they thing this those thx to today tomorrow too until up us
use using vacation very waiting want warranty was wasn't way we week were what what's whats when
where where's which who whom whose why will with without won't work working works worked would
wrong year years yes yesterday yet you you're your yours hi hey""",
    "de": """
aber alle alles als also am an anderen arbeiten arzt auch auf aus bei beim bekomme bekommen
benötige bereits bestellt bestellung bezahlen bezahlt bin bis bist bitte brauche brauchen da dabei
dafür damit danach danke dann darf das dass dein deine dem den der des deutsch dich die dies diese
diesem diesen dieser dieses dir doch dort drucker du dürfen ein eine einem einen einer eines
einlösen er erhalte erreiche es etwas euch euer falls fehlt frage früh funktioniert für ganz geht
geld gekündigt gemacht genug gerne gestohlen gibt guten gutschein haben habe hab hallo hast hat
hatte heute hier hilfe hilft ich ihm ihn ihnen ihr ihre ihrem ihren im immer in ins irgendwie ist
ja jeden jemand jetzt kann kannst kaputt kein keine keinen kommt konnte kostet krank kriege können
könnte kündigen lange lassen leider letzte liefern liegt mach machen man mehr mein meine meinem
meinen meiner mensch menschen mich mir mit mitarbeiter morgen muss möchte möglich müssen nach nein
neu neue neuen nicht nichts nie niemand noch nochmal nun nur ob oder ohne paket passiert passwort
rechnung rückgabe schicken schon sehr sein seine seit sich sie sind so soll sollte sondern sonst
spreche sprechen stimmt tage tagen telefon tschüss tun und uns unser unsere unter urlaub urlaubstage
vergessen verloren viel viele vielen vom von vor wann war warum was weil wenig weiß welche welchen
wenn wer werde werden wie wieder wir wird wo wohin wollen wurde wäre würde zahlen zu zum zur zurück
zurückgeben zwischen über""",
    "fr": """
accès acheter ai aide aider ainsi aller alors appeler après arrive article as au aucun aujourd'hui
aussi autre autres aux avais avait avant avec avez avoir avons beaucoup bien bonjour bonsoir ça
car carte ce cela celle celui ces cet cette chaque chez chose client colis combien comme comment
commande compte congé congés connecter contre cours d'un d'une dans de depuis dernier des deux dit
dois doit donc dont du délai déjà elle en encore enfant entre envoyer est est-ce et eu faire fait
faut fois fonctionne fonctionner français grossesse hier ici il ils imprimante j'ai j'aimerais je
jour jours jusqu'à l'ai la le les leur livraison lors lui là ma mais mal malade marche me merci mes
moi mois moins mon mot même n'ai n'est ne ni non nos notre nous nouveau nouvelle on ont oublié ou
où ordinateur oui par parce parler pas passe payer pendant perdu personne peu peut peux plus pour
pourquoi pouvez pouvoir prendre problème puis puis-je qu'est-ce qu'il quand que quel quelle quelles
quels quelqu'un quelque qui quoi rembourser remboursement rembourses reçois recevoir reçu retard
retourner s'il sa sais salut sans se ses si sous sont suis sur ta te tes toi ton toujours tous tout
toute toutes travailler trop très trouver tu un une va vais vers veux voici voilà vol volé votre
voudrais vous vos y à été être""",
    "es": """
a acceso ahora al algo alguien algún alguna antes aquí así atención aunque ayuda ayudar bien buenas
buenos cada cambiar casa clave comprar cómo como con conectar conmigo contraseña contra correo cosa
cuando cuándo cuanto cuánta cuántas cuánto cuántos cuenta cuesta cuál de debo del desde después
devolver devolución dice dijo dinero donde dónde dos día días el él ella ellos en encuentra enfermo
enciende entonces entre envío era eres es esa ese eso esta está estado estaba están estar este esto
estos estoy factura falta favor fue funciona fuera garantía gracias gusta ha haber había hablar
hablo hace hacer hacia han hasta hay he hola horas hoy impresora ir jefe la las le les llega llegado
llegó lo los luego mal mañana mas más me mejor mes mi mientras mis mucho mucha muchas muchos muy
nada nadie necesito no nos nosotros nuestra nuestro nueva nuevo nunca o ordenador os otra otro
otros oye país paquete para pasa pedido pedir perdido perdí pero persona poco poder por porque por
portátil primero problema puede puedo puedes pues que qué quién quien quiero quisiera recibir
reembolso robado roto sabe se sea ser será si sí sido siempre sin sobre solo sólo somos son soy su
sus tal también tan tanto tarda tarde te tengo tenemos tiene tienen tiempo todas todavía todo todos
trabajar trabajo tu tú un una unas uno unos usted va vacaciones vale veces ver vez voy y ya yo""",
    "pt": """
a acesso acho agora ainda ajuda ajudar além algo alguém algum alguma antes ao aos aquela aqui as
assim até através boa bom bem cada cadê cancelar cartão chegou cliente coisa com comigo como
computador comprar conta contra consigo conectar da dar das de depois desde devo devolver dia dias
disse dinheiro do doente dois dos durante e é ela ele eles em encomenda entrega entregue entre era
és essa esse está estão estar estava este esta eu encontrar esqueci fale falar falo fatura faz
fazer faço favor férias fica foi fora funciona gostaria garantia há hoje hora impressora isso isto
já lá lhe lo mais mal mas me meu meus meses mês mesmo mim minha minhas muito muita muitas muitos na
nada não nas nem nenhum ninguém no nos nós nossa nosso nova novo num numa nunca o obrigada obrigado
oi olá onde ontem os ou outra outro pacote país palavra-passe para partir pelo pela perdi pessoa
pode podem podia posso pois por porque porquê português pouco preciso pra primeiro pro problema
quais qual quando quanta quantas quanto quantos que quê quem quer quero quebrado quebrou recebi
reembolso roubado roubaram se seja sem sempre senha ser será seu seus sim sob sobre só sou sua suas
são também tão tarde tem têm tempo tenho ter teu toda todas todo todos trabalhar trabalho tudo um
uma umas uns vai vamos ver vez vezes vocês você vou à às encomendas redefinir danificado chega""",
    "it": """
a abbiamo accesso adesso ai aiuto aiutare al alla alle allora altra altro anche ancora andare anni
aperto appena arriva arrivato articolo avere aveva bene buona buongiorno buonasera c'è cambiare
capito casa che chi ci ciao ciò colleghi collego comprare come con congedo contro cosa cos'è così
costa cui da dal dalla danneggiato dei del della delle dentro devo di dice dicono dimenticato dire
domani dopo dove dov'è due durante e ed è era eravamo essere fa faccio fare fatto fattura ferie
figlio fino fra funziona garanzia ge giorni giorno già gli grazie ha hai hanno ho i il in indietro
inviare io l'ordine la lavorare lavoro le lei li lo loro lui ma mai malato male me meglio mese mi
mia mie miei mio molta molte molti molto nel nella nessuno niente no noi non nostra nostro nulla
nuova nuovo o oggi ogni oppure ora ordine ordinato ospiti pacco paese parlare password pagare per
perché perso persona però più poco poi portatile posso possono potrei pratica prego prima problema
prossimo può qualche qualcosa qualcuno quale quali quando quanta quante quanti quanto quasi quella
quello questa queste questi questo qui quindi resi restituire ricevere ricevo rimborso rotto rotta
rubato sarà scusa se sei sempre senza si sì sia siamo siete soldi solo sono sopra sotto spedizione
spedite stampante stipendio sta stato stesso sto su sua subito sul sulla suo suoi te ti tra troppo
trovare tu tua tue tuo tuoi tutta tutte tutti tutto un un'altra una uno va vado vengo verso vi
voglio voi vorrei vostra vostro""",
    "nl": """
aan afgelopen al alle alles als altijd andere anders ben bent bedankt beetje bestelling bestellen
betalen betaald bij bijna binnen daar daarna dag dagen dan dank dankjewel dat de deze die dit doe
doei doen doet dóór door dus echt een eens eerst en er gaan gaat gauw gebeurt gebruiken gedaan geef
geen geld gestolen gewerkt gaf goed goede goedemorgen goedendag graag ga had hallo heb hebben hebt
heeft heel helaas help helpen het hier hij hoe hoeveel hoelang hun iemand iets ik in inloggen is ja
jaar je jij jou jouw jullie kan kant kapot kaart kapotte keer kind klopt komen komt kon kopen
kosten kost krijg krijgen krijgt kun kunnen kunt kwijt laat laten levertijd leveren maand maar mag
maken man me mee meer meld melden men met mij mijn misschien mits moeilijk moet moeten mogelijk
morgen na naar nergens niemand niet niets nieuw nieuwe nodig nog nooit nou nu of om onder ons onze
ook op opnieuw over pakje pakket praten precies probleem prima pas retour retourneren salaris
salarisstrook schade sinds soms spreekt spreken spullen staat stuk sturen te teken telefoon terug
terugsturen toch toen tot tussen u uit uw vakantie vakantiedagen van vandaag vanaf veel vergeten
verlof verloren verzenden volgende voor vraag vragen waar waarom wachtwoord wanneer want waren was
wat we weet weer week wel welke werk werkt werken werd wie wij wil wilde willen word worden wordt
zal ze zeer zelf zelfs zich ziek zij zijn zo zoek zonder zou zullen""",
}
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")
"""The languages that are told apart, and that the platform speaks, English first."""

ENGLISH_NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
}
"""What they are called to a model."""

_SIGNS = {
    "de": ("ß", "ä", "ü", "ö"),
    "fr": ("ç", "œ", "è", "ê", "à", "û", "ù", "î"),
    "es": ("ñ", "¿", "¡", "ó", "í", "ú", "á"),
    "pt": ("ã", "õ", "ç", "ê", "á", "â", "ó", "í", "ú"),
    "it": ("ù", "ì", "ò", "è", "à"),
}
"""Letters that a language has and English has not; many belong to several."""

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|<[^>]*>|\bT-[A-Z2-7]+\b")
_OTHER_SCRIPT = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f\u1e00-\u1eff]")


@cache
def _owners() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for language, text in _WORDS.items():
        for word in text.split():
            found[word].add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


def evidence(text: str) -> dict[str, float]:
    """How much speaks for each language; nothing for those that nothing speaks for."""
    plain = _plain(text)
    return _evidence(plain, _WORD.findall(plain))


def _evidence(plain: str, said: Sequence[str]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    known = _owners()
    for word in said:
        owners = known.get(word) or known.get(word.partition("'")[0])
        for language in owners or ():
            found[language] += 1 / len(owners) if owners else 0
    if not plain.isascii():
        for language, signs in _SIGNS.items():
            if any(sign in plain for sign in signs):
                found[language] += 0.5
    return dict(found)


def language_of(text: str, among: Collection[str] = LANGUAGES, *, expected: str = "en") -> str:
    """The language of a text, `expected` when it is as likely as any, or in none of them."""
    plain = _plain(text)
    said = _WORD.findall(plain)
    speaks_for = _evidence(plain, said)
    if _is_unspoken(text, said, speaks_for):
        return expected
    found = {name: weight for name, weight in speaks_for.items() if name in among}
    if said == ["hallo"] and expected not in found and "de" in found:
        return "de"  # Dutch as well, and nothing else is likelier
    if found:
        best = max(found, key=lambda name: found[name])
        if found.get(expected, 0.0) * LEAD >= found[best]:
            return expected
        second = max((weight for name, weight in found.items() if name != best), default=0.0)
        if found[best] >= SURE and found[best] >= LEAD * second:
            alike = len(said) == 1 and _spelled_alike(said, best, expected)
            return expected if alike else best
    if len(said) < 2 or expected not in among:
        return expected
    likely = {name: score for name, score in _likelihoods(said).items() if name in among}
    best = max(likely, key=lambda name: likely[name])
    return best if likely[best] - likely[expected] > UNLIKE else expected


def _spelled_alike(word: Sequence[str], best: str, expected: str) -> bool:
    """Whether a word may be of the expected language, too: its list of words is never whole."""
    likely = _likelihoods(word)
    return expected in likely and likely[best] - likely[expected] <= ALIKE


def is_unspoken(text: str) -> bool:
    """Whether a text is in none of `LANGUAGES`, as far as its letters and small words tell."""
    plain = _plain(text)
    said = _WORD.findall(plain)
    return _is_unspoken(text, said, _evidence(plain, said))


def _is_unspoken(text: str, said: Sequence[str], speaks_for: Mapping[str, float]) -> bool:
    if is_other_script(text) or has_foreign_letters(text):
        return True
    foreign = _foreign()
    there = len([word for word in said if word in foreign])
    return there > LEAD * max(speaks_for.values(), default=0.0) and there >= len(said) / 3


@cache
def _foreign() -> frozenset[str]:
    return foreign_words() - _owners().keys()


def is_small_word(word: str) -> bool:
    """Whether some language has this word, in small letters, in nearly every text."""
    return word in _owners()


def is_other_script(text: str) -> bool:
    """Whether a text is mostly in letters that none of the languages is written in."""
    if text.isascii():
        return False
    letters = sum(char.isalpha() for char in text[:CONSIDERED])
    return letters > 1 and 2 * len(_OTHER_SCRIPT.findall(text[:CONSIDERED])) > letters


def _likelihoods(said: Sequence[str]) -> dict[str, float]:
    """The logarithm of how likely the spelling of these words is in each language."""
    spellings, total = _spellings()
    asked = Counter(part for word in said for part in _parts(word))
    return {
        language: sum(
            count * log((parts[part] + 0.3) / (parts.total() + 0.3 * total))
            for part, count in asked.items()
        )
        for language, parts in spellings.items()
    }


@cache
def _spellings() -> tuple[dict[str, Counter[str]], int]:
    """Pairs and triples of letters by language, and how many different ones there are."""
    spellings = {
        language: Counter(
            part
            for word in sorted({*text.split(), *OFFICE[language].split()})
            for part in _parts(word)
        )
        for language, text in _WORDS.items()
    }
    return spellings, len(set().union(*spellings.values()))


def _parts(word: str) -> Iterator[str]:
    marked = f" {word} "
    for size in (2, 3):
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", text[:CONSIDERED].replace("’", "'")).casefold()
