"""Connect, the widget: where it may be shown, the secret behind it, and what to paste."""
