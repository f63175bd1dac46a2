"""Names of attributes: OpenTelemetry's messaging 1.45 and GenAI 0.1.0, and a few of ours."""

OPERATION = "messaging.operation.name"
DESTINATION = "messaging.destination.name"
MESSAGE_ID = "messaging.message.id"
CONVERSATION = "messaging.message.conversation_id"
DELIVERY_COUNT = "messaging.servicebus.message.delivery_count"

MODEL_OPERATION = "gen_ai.operation.name"
MODEL = "gen_ai.request.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"

STATUS = "http.response.status_code"

SERVICE_SPAN = "service"
SERVICE_AMOUNT = "bot.service.amount"
SERVICE_UNIT = "bot.service.unit"

BOT = "bot.id"
SKILL = "bot.skill"
CHANNEL = "bot.channel"
FATE = "bot.fate"
REQUEST_UNITS = "bot.request_units"
TRIES = "bot.tries"
BREAKER = "bot.breaker"
