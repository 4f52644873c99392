"""What each role of a merchant's staff may do, as data. A view names a permission, never a role."""

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"
    ANALYST = "analyst"


_READ = frozenset(
    {
        "overview.view",
        "members.view",
        "rewards.view",
        "products.view",
        "programme.view",
        "work.view",
        "messages.view",
        "segments.view",
        "surveys.view",
        "automations.view",
        "games.view",
        "campaigns.view",
    }
)
_SELL = frozenset(
    {
        "till.use",
        "till.undo",
        "members.join",
        "orders.record",
        "rewards.redeem",
        "work.view",
        "work.serve",
    }
)
_RUN = frozenset(
    {
        "members.edit",
        "members.adjust",
        "members.approve",
        "memberships.manage",
        "work.decide",
        "members.merge",
        "members.erase",
        "members.export",
        "rewards.edit",
        "products.edit",
        "programme.edit",
        "programme.publish",
        "orders.refund",
        "audit.view",
        "data.import",
        "messages.edit",
        "segments.edit",
        "reports.edit",
        "surveys.edit",
        "automations.edit",
        "games.edit",
        "campaigns.edit",
        "campaigns.approve",
        "data.export",
    }
)
_OWN = frozenset(
    {
        "limits.set",
        "partners.manage",
        "keys.manage",
        "webhooks.manage",
        "staff.manage",
        "settings.edit",
        "data.move",
    }
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OWNER: _READ | _SELL | _RUN | _OWN,
    Role.MANAGER: _READ | _SELL | _RUN,
    Role.CASHIER: _SELL,
    Role.ANALYST: _READ | {"audit.view"},
}

SAFEGUARDED = frozenset({Role.OWNER, Role.MANAGER})
"""Who needs a second factor where a shop asks for one."""

ALL_PERMISSIONS = PERMISSIONS[Role.OWNER]

SCOPES: dict[str, str] = {
    "members:read": "Read members, balances, lots and entries",
    "members:write": "Join, edit, merge, block and erase members",
    "orders:write": "Record, refund and cancel orders and activities",
    "orders:read": "Read orders and quote them",
    "points:adjust": "Give and take points by hand",
    "sharing:write": "Move points between members and keep households",
    "memberships:write": "Start, pay, cancel and refund paid memberships",
    "integrations:write": "Connect payment services",
    "rewards:read": "Read rewards, redemptions and vouchers",
    "rewards:write": "Create and edit rewards",
    "products:read": "Read the catalogue of products",
    "products:write": "Write the catalogue of products",
    "redemptions:write": "Reserve, commit, release and reverse redemptions",
    "programme:read": "Read the programme",
    "programme:write": "Draft and publish the programme",
    "events:read": "Read the event feed",
    "webhooks:write": "Manage webhook endpoints",
    "messages:read": "Read the log of messages and what members want to hear",
    "messages:write": "Change what members want to hear, and report bounces and complaints",
    "segments:read": "Read segments, who is in them and why",
    "segments:write": "Make and change segments and lists",
    "surveys:read": "Read surveys, what was answered, and whom to get back to",
    "surveys:write": "Make and send surveys, record answers and follow up",
    "suggestions:read": "Read what goes with what, and what fits a member",
    "automations:read": "Read automations and members’ ways through them",
    "automations:write": "Write automations, put them to work, pause and end them",
    "games:read": "Read challenges, boards, badges, prize draws and instant wins",
    "games:write": "Make, open and end them, and play for members",
    "campaigns:read": "Read campaigns and what they came to",
    "campaigns:write": "Make, launch, pause and end campaigns",
    "reports:read": "Read key figures and what they are made of",
    "reports:write": "Note costs, set goals and decide about advice",
    "exports:write": "Export lists and the whole shop",
}
"""Scopes an API key can carry."""
