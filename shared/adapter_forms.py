"""How a setting names an adapter: the scheme of its URL, and what the URL holds."""

from collections.abc import Mapping

FORMS: Mapping[str, Mapping[str, str]] = {
    "FABRIC_STORE_URL": {
        "sqlite": "sqlite:///<path>",
        "cosmos": "cosmos://<account-host>/<database>",
    },
    "FABRIC_BUS_URL": {
        "sqlite": "sqlite:///<path>",
        "servicebus": "servicebus://<namespace-host>",
        "storagequeue": "storagequeue://<account>",
    },
    "FABRIC_EVENTS_URL": {"bus": "bus://", "eventgrid": "eventgrid://<topic-host>/api/events"},
    "FABRIC_AI_URL": {
        "offline": "offline://",
        "azure-openai": "azure-openai://<resource-host>",
        "openai": "openai://<host>",
    },
    "FABRIC_SAFETY_URL": {
        "offline": "offline://",
        "azure-content-safety": "azure-content-safety://<resource-host>",
    },
    "FABRIC_SPEECH_URL": {
        "offline": "offline://",
        "azure-speech": "azure-speech://<resource-host>",
    },
    "FABRIC_TRANSLATOR_URL": {
        "offline": "offline://",
        "azure-translator": "azure-translator://<resource-host>",
    },
    "FABRIC_DOCUMENTS_URL": {
        "offline": "offline://",
        "azure-document-intelligence": "azure-document-intelligence://<resource-host>",
    },
    "FABRIC_STREAM_URL": {"webpubsub": "webpubsub://<service-host>/<hub>"},
    "FABRIC_INDEX_URL": {
        "sqlite": "sqlite:///<path>",
        "azure-search": "azure-search://<service-host>/<index>",
        "cosmos": "cosmos://<account-host>/<database>",
    },
}
"""How each setting is written, by scheme."""
