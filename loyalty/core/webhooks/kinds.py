"""What happens on the ground floor, as webhooks and the documentation tell it."""

from loyalty.core.events.kinds import Kind

_VERSION = "01980f5e-7a30-7c51-9a63-0c2b51a3d9e4"

KINDS = (
    Kind("merchant.opened", "The shop was opened.", {"sandbox": False}, about=""),
    Kind("staff.added", "Somebody was given a role here.", {"role": "manager"}, about="stf"),
    Kind("staff.changed", "Somebody was given another role.", {"role": "owner"}, about="stf"),
    Kind("staff.revoked", "Somebody's role was taken away.", about="stf"),
    Kind("api_key.created", "An API key was made.", {"scopes": ["orders:write"]}, about="key"),
    Kind("api_key.rolled", "An API key was replaced by a new one; the old one ends.",
         {"new_key": _VERSION, "ends_at": "2026-03-03T08:00:00+00:00"}, about="key"),
    Kind("api_key.revoked", "An API key was stopped.", about="key"),
    Kind("programme.published", "A version of the programme counts from now on.", {"number": 3, "note": "Autumn"},
         about="pgv"),
    Kind("books.broken", "The nightly check found the books to be wrong.",
         {"day": "2026-03-01", "breaches": 1, "checks": ["zero_sum"]}, about=""),
    Kind("blueprint.opened", "A ready-made programme was opened as the draft.",
         {"blueprint": "simple_points", "version": _VERSION}, about=""),
    Kind("stripe.connected", "A Stripe account was connected.", {"hint": "4f9a", "live": False}, about=""),
    Kind("stripe.disconnected", "The Stripe account was forgotten.", about=""),
    Kind("stripe.refused", "A notice from Stripe could not be applied.",
         {"event": "evt_1", "kind": "invoice.paid", "code": "not_found"}, about=""),
    Kind("webhook.added", "A webhook was added.", {"kinds": ["*"]}, about="whe"),
    Kind("webhook.changed", "A webhook's address or choice of events was changed.", {"fields": ["kinds"]}, about="whe"),
    Kind("webhook.secret_rolled", "A webhook got a new signing secret.",
         {"old_until": "2026-03-03T08:00:00+00:00"}, about="whe"),
    Kind("webhook.paused", "A webhook was paused.", about="whe"),
    Kind("webhook.resumed", "A webhook was switched on again.", about="whe"),
    Kind("webhook.disabled", "A webhook was switched off because deliveries kept failing, or its server answered 410.",
         {"why": "failing"}, about="whe"),
    Kind("webhook.removed", "A webhook was removed.", about="whe"),
    Kind("webhook.test", "Somebody sent a test. It goes to that webhook alone.",
         {"endpoint": "whe_01m6k3q8r6e3vabq7m6w0t9d2c"}, about="whe"),
)  # fmt: skip
