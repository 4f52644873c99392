"""Conditions: what must hold for a rule to count. A new one is a class in the file of its family and its name here."""

from members.rules.conditions.activities import Activity, Property
from members.rules.conditions.base import Case, Verdict
from members.rules.conditions.basket import Counted, OrderAmount, Quantity
from members.rules.conditions.belonging import InSegment, InTier
from members.rules.conditions.days import Anniversary, Birthday, MembershipAge
from members.rules.conditions.history import OrderNumber, Repeat, SinceOrder
from members.rules.conditions.hours import Hours, Weekday
from members.rules.conditions.order_of_events import CoolDown, Following

Condition = (
    OrderAmount
    | Quantity
    | OrderNumber
    | SinceOrder
    | Repeat
    | Hours
    | MembershipAge
    | Birthday
    | Anniversary
    | InTier
    | InSegment
    | Activity
    | Following
    | CoolDown
)

__all__ = [
    "Activity",
    "Anniversary",
    "Birthday",
    "Case",
    "Condition",
    "CoolDown",
    "Counted",
    "Following",
    "Hours",
    "InSegment",
    "InTier",
    "MembershipAge",
    "OrderAmount",
    "OrderNumber",
    "Property",
    "Quantity",
    "Repeat",
    "SinceOrder",
    "Verdict",
    "Weekday",
]
