"""Names of attributes: OpenTelemetry's messaging 1.45 and GenAI 0.1.0, and a few of ours."""

SYSTEM = "messaging.system"
OPERATION = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
MESSAGE_ID = "messaging.message.id"
CONVERSATION = "messaging.message.conversation_id"
DELIVERY_COUNT = "messaging.servicebus.message.delivery_count"

MODEL_OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
MODEL = "gen_ai.request.model"
ANSWERED_BY = "gen_ai.response.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
TOOL = "gen_ai.tool.name"
DATA_SOURCE = "gen_ai.data_source.id"
TOP_K = "gen_ai.retrieval.top_k"

STATUS = "http.response.status_code"
ERROR_TYPE = "error.type"

SERVICE_SPAN = "service"
SERVICE_AMOUNT = "bot.service.amount"
SERVICE_UNIT = "bot.service.unit"

BOT = "bot.id"
SKILL = "bot.skill"
VERSION = "bot.skill.version"
CHANNEL = "bot.channel"
FATE = "bot.fate"
ATTEMPT = "bot.attempt"
REQUEST_UNITS = "bot.request_units"
BACKEND_OPERATION = "bot.backend.operation"
OUTCOME = "bot.backend.outcome"
TRIES = "bot.tries"
BREAKER = "bot.breaker"
FOUND = "bot.found"
"""Passages that a retrieval found."""

_OPERATION_TYPES = {"send": "send", "receive": "receive", "process": "process", "publish": "send"}


def message(
    system: str, operation: str, destination: str, id: str, conversation: str = ""
) -> dict[str, str | int | float | bool]:
    """Return what the conventions want to know of an operation on a message."""
    attributes: dict[str, str | int | float | bool] = {
        SYSTEM: system,
        OPERATION: operation,
        OPERATION_TYPE: _OPERATION_TYPES[operation],
        DESTINATION: destination,
        MESSAGE_ID: id,
    }
    if conversation:
        attributes[CONVERSATION] = conversation
    return attributes
