"""Addresses of the rewards' part of the API, under /api/v1/."""

from django.urls import path

from rewards.api import redemptions, rewards

urlpatterns = [
    path("members/<str:id>/rewards", rewards.MemberRewards.as_view()),
    path("rewards", rewards.Rewards.as_view()),
    path("rewards/<str:id>", rewards.OneReward.as_view()),
    path("rewards/<str:id>/retire", rewards.RewardRetirement.as_view()),
    path("redemptions", redemptions.Redemptions.as_view()),
    path("redemptions/quote", redemptions.RedemptionQuote.as_view()),
    path("redemptions/<str:id>", redemptions.OneRedemption.as_view()),
    path("redemptions/<str:id>/commit", redemptions.RedemptionCommit.as_view()),
    path("redemptions/<str:id>/release", redemptions.RedemptionRelease.as_view()),
    path("redemptions/<str:id>/reverse", redemptions.RedemptionReverse.as_view()),
    path("vouchers/check", redemptions.VoucherCheck.as_view()),
    path("vouchers/use", redemptions.VoucherUse.as_view()),
]
