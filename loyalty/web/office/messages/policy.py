"""The content security policy of pages that show a preview in a frame: the usual one, and frames of our own."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.csp import CSP

FRAMING: Mapping[str, Any] = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}
