"""Addresses of the till, all below `/pos/`; which shop it is, the device knows."""

from django.urls import path

from loyalty.web.pos import counter, decode, pairing, shift, taking, waiting

app_name = "pos"
urlpatterns = [
    path("", counter.till, name="till"),
    path("pair/", pairing.pair, name="pair"),
    path("lock/", pairing.lock, name="lock"),
    path("leave/", pairing.leave, name="leave"),
    path("find/", counter.find, name="find"),
    path("decode/", decode.decode, name="decode"),
    path("join/", counter.join, name="join"),
    path("members/<str:member_id>/", counter.member, name="member"),
    path("members/<str:member_id>/quote/", counter.quote, name="quote"),
    path("members/<str:member_id>/earn/", counter.earn, name="earn"),
    path("members/<str:member_id>/redeem/", taking.redeem, name="redeem"),
    path("members/<str:member_id>/offer/", taking.take_up, name="take_up"),
    path("members/<str:member_id>/claim/", taking.claim, name="claim"),
    path("codes/<str:redemption_id>/", taking.code, name="code"),
    path("codes/<str:redemption_id>/use/", taking.use, name="use"),
    path("done/<uuid:action_id>/", counter.done, name="done"),
    path("undo/<uuid:action_id>/", counter.undo, name="undo"),
    path("shift/", shift.shift, name="shift"),
    path("queued/", waiting.queued, name="queued"),
    path("offline/", waiting.shell, name="offline"),
    path("worker.js", waiting.worker, name="worker"),
    path("app.webmanifest", waiting.manifest, name="manifest"),
]
