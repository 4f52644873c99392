"""What happens to the widget's set-up, as webhooks and the documentation tell it."""

from loyalty.core.events.kinds import Kind

KINDS = (
    Kind("widget.site_added", "A site may show the widget from now on.", {"origin": "https://shop.example"}, about=""),
    Kind("widget.site_removed", "A site may no longer show the widget.", {"origin": "https://shop.example"}, about=""),
    Kind("widget.secret_made", "The secret with which the shop names its shoppers to the widget was made.", about=""),
    Kind("widget.secret_rolled", "The widget's secret was replaced by a new one; the old one ends.",
         {"old_until": "2026-03-03T08:00:00+00:00"}, about=""),
)  # fmt: skip
