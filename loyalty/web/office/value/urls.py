"""Addresses of worth, costs, goals, return, advice and review, below `/m/<shop>/reports/`."""

from django.urls import path

from loyalty.web.office.value import acquisition, advice, goals, returns, review, worth

urlpatterns = [
    path("value/groups.csv", worth.groups_file, name="value_groups"),
    path("value/members/", worth.members, name="value_members"),
    path("value/members/file/", worth.members_file, name="value_members_file"),
    path("winning/", acquisition.page, name="report_winning"),
    path("winning/file/", acquisition.export, name="report_winning_file"),
    path("goals/", goals.page, name="report_goals"),
    path("goals/new/", goals.create, name="goal_new"),
    path("goals/<str:goal_id>/drop/", goals.drop, name="goal_drop"),
    path("return/", returns.page, name="report_return"),
    path("return/file/", returns.export, name="report_return_file"),
    path("return/members/", returns.members, name="report_return_members"),
    path("return/members/file/", returns.members_file, name="report_return_members_file"),
    path("return/costs/", returns.costs, name="return_costs"),
    path("return/costs/file/", returns.costs_file, name="return_costs_file"),
    path("return/margin/", returns.margin, name="return_margin"),
    path("advice/", advice.page, name="report_advice"),
    path("advice/file/", advice.export, name="report_advice_file"),
    path("advice/<str:advice_id>/accept/", advice.accept, name="advice_accept"),
    path("advice/<str:advice_id>/dismiss/", advice.dismiss, name="advice_dismiss"),
    path("review/", review.page, name="report_review"),
    path("review/file/", review.export, name="report_review_file"),
]
