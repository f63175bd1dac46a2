"""Markdown as WhatsApp writes it: `*bold*`, `_italic_`, `~strike~`, and links in the open.

Source: faq.whatsapp.com, "How to format your messages". The result is never longer. WhatsApp has no
escape: an escaped mark stands for itself, without its backslash.
"""

import re

_MARKUP = re.compile(
    r"""
      ```[^\n`]*(?P<fence>\n.*?)```
    | (?P<as_is>```.*?``` | `[^`\n]+` | https?://[^\s<>]+)
    | <(?P<autolink>https?://[^\s<>]+)>
    | !?\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)
    | \\(?P<escaped>[\\`*_{}\[\]()\#+.!~>|-])
    | ^\#{1,6}[ \t]+(?P<heading>[^\n]+)
    | \*{3}(?P<both>\S[^*\n]*)\*{3}
    | \*\*(?P<stars>[^\s*](?:[^\n]*?\S)??)\*\*(?!\*)
    | (?<!\w)__(?P<underlines>[^\s_][^_\n]*)__(?!\w)
    | (?<![\w*])\*(?P<italic>(?![\s*])(?:\*\*[^*\n]+\*\*|[^*\n])+(?<!\s))\*(?![\w*])
    | ~~(?P<strike>[^\s~][^~\n]*)~~
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def formatted(markdown: str) -> str:
    """Code and addresses stay as they are."""
    return _MARKUP.sub(_one, markdown)


def _one(match: re.Match[str]) -> str:
    text = match[match.lastgroup or 0]
    match match.lastgroup:
        case "fence":
            return f"```{text}```"
        case "target":
            label = match["label"].replace("**", "").strip()
            return f"{label} ({text})" if label and label != text else text
        case "heading":
            return f"*{text.replace('*', '').strip(' #')}*"
        case "both":
            return f"*_{formatted(text)}_*"
        case "stars" | "underlines":
            return f"*{formatted(text)}*"
        case "italic":
            return f"_{formatted(text)}_"
        case "strike":
            return f"~{formatted(text)}~"
    return text
