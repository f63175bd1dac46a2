"""What a conversation was about before, in few words, for a model that answers what comes next."""

from shared.records.topic import Topic

MAX_CHARACTERS = 480
"""About 120 tokens: what a summary may add to each call of a model."""

MAX_QUESTIONS = 4
"""Questions before the last one that are kept."""

LONGEST_QUESTION = 160
"""Characters of a question that are kept."""


def carried_on(topic: Topic | None, question: str, article: str, now: float) -> Topic:
    """The topic after a question was answered from an article; what went before stays in short."""
    earlier = list[str]()
    if topic is not None and not topic.is_over(now):
        earlier = [*topic.earlier, _short(topic.question)]
    kept = [one for one in dict.fromkeys(earlier) if one != _short(question)]
    return Topic(question, article, now, tuple(kept[-MAX_QUESTIONS:]))


def summary(topic: Topic | None, now: float) -> str:
    """The questions before this one, the last ones first to be kept; "" when there is no topic."""
    if topic is None or topic.is_over(now):
        return ""
    lines, left = list[str](), MAX_CHARACTERS
    for question in (topic.question, *reversed(topic.earlier)):
        line = f"- {_short(question)}"
        left -= len(line) + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(reversed(lines))


def _short(question: str) -> str:
    text = " ".join(question.split())
    return text if len(text) <= LONGEST_QUESTION else f"{text[: LONGEST_QUESTION - 1]}…"
