"""Addresses of the members' part of the API, under /api/v1/."""

from django.urls import path

from members.api import activities, households, members, orders, points, refunds, sharing

urlpatterns = [
    path("members", members.Members.as_view()),
    path("members/lookup", members.MemberLookup.as_view()),
    path("members/<str:id>", members.OneMember.as_view()),
    path("members/<str:id>/merge", members.MemberMerge.as_view()),
    path("members/<str:id>/block", members.MemberBlock.as_view()),
    path("members/<str:id>/unblock", members.MemberUnblock.as_view()),
    path("members/<str:id>/erase", members.MemberErase.as_view()),
    path("members/<str:id>/export", members.MemberExport.as_view()),
    path("members/<str:id>/balances", points.MemberBalances.as_view()),
    path("members/<str:id>/entries", points.MemberEntries.as_view()),
    path("members/<str:id>/lots", points.MemberLots.as_view()),
    path("members/<str:id>/adjustments", points.MemberAdjustments.as_view()),
    path("orders", orders.Orders.as_view()),
    path("orders/quote", orders.OrderQuote.as_view()),
    path("orders/batch", orders.OrderBatch.as_view()),
    path("orders/refunds", refunds.RefundsByName.as_view()),
    path("orders/cancel", refunds.CancellationsByName.as_view()),
    path("orders/<str:id>", orders.OneOrder.as_view()),
    path("orders/<str:id>/refunds", refunds.OrderRefunds.as_view()),
    path("orders/<str:id>/cancel", refunds.OrderCancellation.as_view()),
    path("activities", activities.Activities.as_view()),
    path("activities/<str:id>", activities.OneActivity.as_view()),
    path("orders/<str:id>/release-hold", orders.OrderRelease.as_view()),
    path("transfers", sharing.Transfers.as_view()),
    path("transfers/<str:id>", sharing.OneTransfer.as_view()),
    path("transfers/<str:id>/undo", sharing.TransferUndo.as_view()),
    path("households", households.Households.as_view()),
    path("households/join", households.HouseholdJoin.as_view()),
    path("households/<str:id>", households.OneHousehold.as_view()),
    path("households/<str:id>/invitation", households.HouseholdInvitation.as_view()),
    path("households/<str:id>/sharing", households.HouseholdSharing.as_view()),
    path("households/<str:id>/leave", households.HouseholdLeave.as_view()),
    path("households/<str:id>/dissolve", households.HouseholdDissolve.as_view()),
]
