"""What an operator may be: four roles, each of which may what the one before it may."""

from enum import IntEnum


class Role(IntEnum):
    """From who may only look to who may everything."""

    AUDITOR = 1
    OPERATOR = 2
    OWNER = 3
    ADMIN = 4
