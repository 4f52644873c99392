"""What happened with webhooks, messages and figures, in plain words for the audit log."""

from django.utils.translation import gettext_lazy

HAPPENED = {
    "webhook.added": gettext_lazy("A webhook was added"),
    "webhook.changed": gettext_lazy("A webhook was changed"),
    "webhook.secret_rolled": gettext_lazy("A webhook’s signing secret was replaced"),
    "webhook.paused": gettext_lazy("A webhook was paused"),
    "webhook.resumed": gettext_lazy("A webhook was switched on again"),
    "webhook.disabled": gettext_lazy("A webhook was switched off because nothing arrived there"),
    "webhook.removed": gettext_lazy("A webhook was removed"),
    "webhook.test": gettext_lazy("A test was sent to a webhook"),
    "widget.site_added": gettext_lazy("A site may show the widget from now on"),
    "widget.site_removed": gettext_lazy("A site may no longer show the widget"),
    "widget.secret_made": gettext_lazy("The widget’s secret was made"),
    "widget.secret_rolled": gettext_lazy("The widget’s secret was replaced"),
    "preferences.changed": gettext_lazy("A member changed what they want to hear"),
    "address.suppressed": gettext_lazy("An address is not written to any more"),
    "address.released": gettext_lazy("An address may be written to again"),
    "messages.shaped": gettext_lazy("A kind of message was changed"),
    "messages.hours_set": gettext_lazy("The hours without messages were changed"),
    "newsletter.scheduled": gettext_lazy("A newsletter was given its time"),
    "newsletter.cancelled": gettext_lazy("A newsletter was called off"),
    "cost.noted": gettext_lazy("What something cost was noted: {amount}"),
    "margin.noted": gettext_lazy("The shop’s margin was noted"),
    "goal.set": gettext_lazy("A goal was set"),
    "goal.dropped": gettext_lazy("A goal was given up"),
    "advice.given": gettext_lazy("A figure gave cause for advice"),
    "advice.accepted": gettext_lazy("Advice was taken up"),
    "advice.dismissed": gettext_lazy("Advice was put aside"),
}
