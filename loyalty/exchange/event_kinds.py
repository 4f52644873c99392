"""What happens to files that come and go, as webhooks and the documentation tell it."""

from loyalty.core.events.kinds import Kind

_WHOLE = {"rows": 48_000, "members": 2_400, "orders": 15_000, "points": 310_000}

KINDS = (
    Kind("import.begun", "A file was sent to be imported.", {"kind": "members", "rows": 1_200}, about="imp"),
    Kind("import.run", "The good rows of a file are being written.", {"kind": "members"}, about="imp"),
    Kind("import.undone", "What an import had made is being taken back.", {"kind": "members"}, about="imp"),
    Kind("shop.exported", "The whole shop was written to an archive.", _WHOLE, about=""),
    Kind("shop.imported", "The whole shop was read from an archive.", _WHOLE, about=""),
)
