"""Small words of languages that the platform does not speak, so that they are not mistaken."""

_WORDS = {
    "Polish": """
ale bo być chcę ci co czy czego dlaczego dla do dni dzień gdzie go ile jak jaki jakie jest jeszcze
już kiedy kto która który ma mam masz mi mnie mogę mój moja moje może muszę na nie nic od po pomoc
potrzebuję przez przy się są ta tak tam ten to tu tylko w we wiem z za ze że zł""",
    "Czech": """
ale bych být byl co dní dnů dobrý fungovat jak jaká jaké jaký je jen jestli ještě jsem jsou já kde
kdo kdy když kolik mám máte mi můj moje můžu musím na nebo ne není o potřebuji prosím proč pro při
s se si ta tak tady ten ve za že""",
    "Swedish": """
att av behöver bli den det dig du där efter eller en ett finns från får fungerar för gör hade han
hur här hjälp i inte jag kan kommer lösenord man med men mig min mina mitt mycket många mår måste nu
när och om på sig ska som så till vad vara var vi vill vilken är över""",
    "Danish": """
af alle at blive da de dig din du eller en er et fik for fra få få går har hun hvad hvem hvilken
hvis hvor hvordan hvornår i ikke jeg kan kommer man mange med mig min mine mit må måske nu når og
også om på skal så som til tid vi vil virker være""",
    "Norwegian": """
av bare ble de deg den det du eller en er et fikk for fra får gjør ha hva hvem hvilken hvis hvor
hvordan hvorfor ikke jeg kan kommer mange med meg min mine mitt må når og også om på skal som så til
trenger vi vil virker være""",
    "Finnish": """
ei en että ja jos joka kanssa kiitos kuinka kun miten miksi mikä milloin minulla minun minä missä
mistä mitä montako mutta nyt olen oli on ole onko paljon saan se sinä tai tämä tarvitsen voi voin
voinko vuosi vain ovat""",
    "Hungarian": """
a az van volt hogy nem is ez egy és de ha hány hol hogyan kell ki lehet meg mennyi mert mi mikor
mit miért nap nekem nincs szabadságom segítség tudok vagyok vannak az én""",
    "Romanian": """
acest am ar are asta avea care ce câte când cât cine cu cum de din după este eu fi fost în îmi la mă
mai mea meu nu pe pentru poate pot sau se sunt să și te trebuie un vreau zile""",
    "Turkish": """
ama ben beni bir bu çok da daha de değil gibi gün hangi için ile iznim kaç kim mı mi mu mü nasıl ne
neden nerede o olan olarak sonra şifremi var ve veya yardım yok zaman""",
}
_SIGNS = frozenset("ąęłńśźżćčďěňřšťůžåøőűğışţșăđ")
"""Letters that none of the languages that are spoken here has."""


def foreign_words() -> frozenset[str]:
    """Small words of all these languages."""
    return frozenset(word for text in _WORDS.values() for word in text.split())


def has_foreign_letters(text: str) -> bool:
    """Whether a letter belongs to a language that is not spoken here."""
    return not _SIGNS.isdisjoint(text.casefold())
