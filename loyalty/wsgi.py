"""What the web server serves, once the database role is known to keep merchants apart."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
application = get_wsgi_application()

from loyalty.core.tenancy.checks import refuse_to_serve_unfit  # noqa: E402 - needs the apps to be loaded

refuse_to_serve_unfit()
