"""Words by which a reply is told apart, in the languages that the platform speaks."""

import re

TO_A_PERSON = ("/human", "/handoff")
"""Commands behind buttons that lead to a person."""

PERSON = re.compile(
    # English
    r"\b(?:a|the|our|your|another) (?:person|human|colleagues?|agent|advis[eo]r|specialist)\b"
    r"|\bsome(?:one|body)\b|\bcolleagues?\b|\bservice desk\b|\bhotline\b|\bpeople team\b"
    r"|\bcustomer service\b|\breal person\b|\bhuman\b|\bcounsell?ing\b"
    r"|\bhand(?:ed)? (?:you )?over\b"
    # a number or an address of the organisation
    r"|\+\d[\d ()-]{7,}\d|\b[\w.+-]+@[\w-]+\.[\w.]+"
    # German, French, Spanish, Portuguese, Italian, Dutch
    r"|kolleg|\bmensch|mitarbeiter|\bjemand|ansprechp"
    r"|coll[èe]gue|\bpersonne\b|conseiller|quelqu'un"
    r"|compañer|\bpersona\b|\bagente\b|\balguien\b|\basesor"
    r"|\bcolegas?\b|\bpessoa\b|\balguém\b|atendente"
    r"|\bcollegh?[aie]\b|\bqualcuno\b|\boperatore\b"
    r"|\bmedewerker|\biemand\b|\bcollega",
    re.IGNORECASE,
)

CHOICES = {
    "category": frozenset({"hardware", "software", "access", "order", "other"}),
    "urgency": frozenset({"low", "normal", "high"}),
}
"""Choices of the platform's own form, where its state does not name the slot."""

YES = frozenset({"yes", "ja", "oui", "sí", "si", "sim", "sì"})
