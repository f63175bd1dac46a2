"""What the platform itself says, in English."""

from shared.dialogue.phrases import phrase

APOLOGY = phrase("en", "platform.sorry")
WAITING_TEXT = phrase("en", "platform.waiting")
STILL_WORKING = phrase("en", "platform.working")
PREFIX = phrase("en", "platform.earlier")
