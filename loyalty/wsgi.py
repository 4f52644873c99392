"""What the web server serves, once the database role is known to keep merchants apart."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
application = get_wsgi_application()

from loyalty.core import clock  # noqa: E402 - what follows needs the apps to be loaded
from loyalty.core.tenancy.checks import refuse_to_serve_unfit  # noqa: E402
from loyalty.setup.announcing import announce  # noqa: E402

refuse_to_serve_unfit()
announce(at=clock.now())
_routes = get_resolver().url_patterns  # read every page's code now, so that no visitor waits for it
