"""A web shop that is not ours: it shows the widget, and sells, as a shop on another system would."""
