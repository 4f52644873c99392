"""Addresses of the rewards' part of the API, under /api/v1/."""

from django.urls import path

from rewards.api import checkout, places, redemptions, rewards, stock

urlpatterns = [
    path("members/<str:id>/rewards", rewards.MemberRewards.as_view()),
    path("members/<str:id>/access", stock.MemberAccess.as_view()),
    path("rewards", rewards.Rewards.as_view()),
    path("rewards/<str:id>", rewards.OneReward.as_view()),
    path("rewards/<str:id>/retire", rewards.RewardRetirement.as_view()),
    path("rewards/<str:id>/codes", stock.PoolCodes.as_view()),
    path("rewards/<str:id>/codes/discard", stock.PoolDiscarding.as_view()),
    path("rewards/<str:id>/economics", stock.RewardEconomics.as_view()),
    path("rewards/<str:id>/sessions", places.Sessions.as_view()),
    path("sessions/<str:id>", places.OneSession.as_view()),
    path("sessions/<str:id>/cancel", places.SessionCancellation.as_view()),
    path("sessions/<str:id>/bookings", places.Bookings.as_view()),
    path("bookings/<str:id>", places.OneBooking.as_view()),
    path("bookings/<str:id>/cancel", places.BookingCancellation.as_view()),
    path("bookings/<str:id>/check-in", places.BookingCheckIn.as_view()),
    path("bookings/<str:id>/miss", places.BookingMissed.as_view()),
    path("fulfilments", stock.Fulfilments.as_view()),
    path("fulfilments/<str:id>", stock.OneFulfilment.as_view()),
    path("fulfilments/<str:id>/move", stock.FulfilmentMove.as_view()),
    path("donations", stock.Donations.as_view()),
    path("points-payments", checkout.PointsPayments.as_view()),
    path("points-payments/quote", checkout.PointsPaymentQuote.as_view()),
    path("redemptions", redemptions.Redemptions.as_view()),
    path("redemptions/quote", redemptions.RedemptionQuote.as_view()),
    path("redemptions/<str:id>", redemptions.OneRedemption.as_view()),
    path("redemptions/<str:id>/commit", redemptions.RedemptionCommit.as_view()),
    path("redemptions/<str:id>/release", redemptions.RedemptionRelease.as_view()),
    path("redemptions/<str:id>/reverse", redemptions.RedemptionReverse.as_view()),
    path("vouchers/check", redemptions.VoucherCheck.as_view()),
    path("vouchers/use", redemptions.VoucherUse.as_view()),
]
