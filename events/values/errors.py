"""The errors that end a request of ingest, wherever its bytes are read."""


class IngestError(Exception):
    """The whole request is refused with `status`; `detail` is for the sender, `reason` for the counter."""

    status = 400
    reason = "invalid"

    def __init__(self, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason or self.reason


class Malformed(IngestError):
    """The bytes do not follow the protocol."""

    status = 400
    reason = "malformed"


class TooLarge(IngestError):
    """A size limit was passed."""

    status = 413
    reason = "too_large"


class TooSlow(IngestError):
    """The body took longer than a sender has."""

    status = 408
    reason = "slow"


class Busy(IngestError):
    """The server holds as many bodies as it can; the sender is to try again."""

    status = 503
    reason = "busy"


class UnsupportedEncoding(IngestError):
    """The Content-Encoding is not one of those listed, or more than one layer was used."""

    status = 415
    reason = "encoding"
