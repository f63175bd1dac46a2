"""What a request fails with."""

ERROR_CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    404: "NotFound",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    429: "429",
    501: "NotImplemented",
}


class Failure(Exception):
    """An error response."""

    def __init__(self, status: int, message: str, substatus: int = 0, **headers: object) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.substatus = substatus
        self.headers = headers


def missing(what: str = "Resource") -> Failure:
    return Failure(
        404, f"Entity with the specified id does not exist in the system. {what} Not Found."
    )


NOT_IMPLEMENTED = "Not implemented by this stand-in."
