"""What happened with webhooks, messages, segments and rehearsals, in plain words for the audit log."""

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
    "rehearsal.started": gettext_lazy("A draft is being tried on past purchases"),
    "rehearsal.finished": gettext_lazy("A draft was tried on past purchases"),
    "segment.created": gettext_lazy("A segment was made"),
    "segment.edited": gettext_lazy("A segment was changed"),
    "segment.filled": gettext_lazy("Everybody was looked at for a segment"),
    "segment.archived": gettext_lazy("A segment was put away"),
    "segment.restored": gettext_lazy("A segment was taken out again"),
}
