"""Why somebody looks at what is personal or restricted: a short list of codes, for the record."""

PURPOSES = {
    "answer": "to answer the person's own question",
    "audit": "to examine how the platform was used",
    "complaint": "a person has complained",
    "data-subject-request": "a person asks for, corrects or erases what is kept of them",
    "incident": "something failed, and it has to be found out what",
    "investigation": "a suspected breach of law or policy",
    "legal": "a duty by law, or a claim",
    "quality": "to better the answers",
    "security": "a suspected attack or leak",
    "support": "to help the person in this conversation",
}
