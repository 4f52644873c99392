"""Addresses of the members' part of the API, under /api/v1/."""

from django.urls import path

from members.api import activities, members, orders, points, referrals, refunds

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
    path("members/<str:id>/referrals", referrals.MembersReferrals.as_view()),
    path("referrals", referrals.Referrals.as_view()),
    path("referrals/clicks", referrals.ReferralClicks.as_view()),
    path("referrals/figures", referrals.ReferralFigures.as_view()),
    path("referrals/<str:id>/approve", referrals.ReferralApproval.as_view()),
    path("referrals/<str:id>/refuse", referrals.ReferralRefusal.as_view()),
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
    path("activities/<str:id>/approve", activities.ActivityApproval.as_view()),
    path("activities/<str:id>/refuse", activities.ActivityRefusal.as_view()),
    path("activities/<str:id>/undo", activities.ActivityUndoing.as_view()),
    path("orders/<str:id>/release-hold", orders.OrderRelease.as_view()),
]
