"""All settings, read from the environment. With none set, the servers of `make demo` are used.

What an operator sets is listed in the README under "Configuration".
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("LOYALTY_DATA", BASE_DIR / ".data"))


def _embedded() -> dict[str, str]:
    """Addresses of the servers that `make demo` is running, if it is."""
    path = DATA_DIR / "environment"
    if "DATABASE_URL" in os.environ or not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


_env = {**_embedded(), **os.environ}


def _flag(name: str, default: bool) -> bool:
    return _env.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


def _secret_key() -> str:
    """From `SECRET_KEY`, or made once and kept with the data."""
    if "SECRET_KEY" in _env:
        return _env["SECRET_KEY"]
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def database(url: str) -> dict:
    """A `postgresql://role:password@host:port/name` URL as Django's settings; no second dialect."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # One thread per worker keeps its connection; prepared statements live as long.
        "CONN_MAX_AGE": int(_env.get("DATABASE_CONN_MAX_AGE", "600")),
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": _flag("DATABASE_POOLED", False),
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": None if _flag("DATABASE_POOLED", False) else 2,
            # Our statements name their rows by key: one plan for all values serves them, and saves planning anew.
            "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
            " -c jit=off -c plan_cache_mode=force_generic_plan",
        },
    }


SECRET_KEY = _secret_key()
DEBUG = _flag("DEBUG", False)
SITE_URL = _env.get("SITE_URL", "http://127.0.0.1:8000")
_site = urlsplit(SITE_URL)
# Set by `make demo` alone: serves one-time sign-in links from the terminal (`loyalty.demo.sign_in`).
DEMO = _flag("DEMO", False)
if DEMO and _site.hostname not in {"127.0.0.1", "localhost", "::1"}:
    raise ImproperlyConfigured("DEMO is only for a site on this machine; SITE_URL names another one.")
# Who runs this server: made at the first start. Empty: a one-time link in the log lets whoever reads it do so.
OWNER_EMAIL = _env.get("OWNER_EMAIL", "")
# Whether whoever owns a shop here may open further ones; the operator always may.
OWNERS_OPEN_SHOPS = _flag("OWNERS_OPEN_SHOPS", True)
# Whoever sends it as a bearer token may read /metrics; without one only this machine may.
METRICS_TOKEN = _env.get("METRICS_TOKEN", "")
ALLOWED_HOSTS = _env.get("ALLOWED_HOSTS", f"{_site.hostname},localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
_HTTPS = _site.scheme == "https"

DATABASES = {"default": database(_env.get("DATABASE_URL", "postgresql://loyalty_app@127.0.0.1:5432/loyalty"))}
if "DATABASE_OWNER_URL" in _env:  # set for `migrate` only; the web never needs it
    DATABASES["owner"] = {**database(_env["DATABASE_OWNER_URL"]), "CONN_MAX_AGE": 0}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "loyalty.core.people",
    "loyalty.core.pictures",
    "loyalty.core.merchants",
    "loyalty.core.tills",
    "loyalty.core.events",
    "loyalty.core.jobs",
    "loyalty.core.programme",
    "loyalty.core.ledger",
    "loyalty.core.webhooks",
    "loyalty.core.widget",
    "loyalty.core.api",
    "loyalty.core",
    "members",
    "rewards",
    "campaigns",
    "analytics",
    "loyalty.setup",
    "loyalty.exchange",
    "loyalty.web",
    "loyalty.connectors.stripe",
    "loyalty.connectors.wallets",
    "loyalty.demo",
]

MIDDLEWARE = [
    "loyalty.web.health.Probes",
    "loyalty.web.metrics.Measured",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "loyalty.core.api.direct.Direct",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # of pages: files are compressed already
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "loyalty.urls"
WSGI_APPLICATION = "loyalty.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- who signs in -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
SESSION_ENGINE = "loyalty.core.people.sessions"
ACCOUNT_ADAPTER = "loyalty.web.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # a host's name says less than the subject itself
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# --- what the browser is told -------------------------------------------------------------------------------
SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
if _HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- words and time -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("sv", _("Swedish")), ("nb", _("Norwegian")), ("nl", _("Dutch"))]
LOCALE_PATHS = [BASE_DIR / "loyalty" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- files, mail, cache, work -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
_STORED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else _STORED},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

_mail = urlsplit(_env.get("EMAIL_URL", ""))
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": _mail.hostname,
            "port": _mail.port or 25,
            "username": unquote(_mail.username or ""),
            "password": unquote(_mail.password or ""),
            "use_tls": _mail.scheme == "smtp+tls",
            "use_ssl": _mail.scheme == "smtps",
            "timeout": 30,  # a server that hangs must not hold what a worker has claimed
        },
    }
    if _mail.hostname
    else {
        # Nothing is configured: mails wait as files where the operator can read them.
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(DATA_DIR / "mail")},
    }
}
DEFAULT_FROM_EMAIL = _env.get("FROM_EMAIL", "loyalty@localhost")

CACHES = {
    "default": {
        "BACKEND": "loyalty.core.cache.SharedCache",
        "LOCATION": _env["CACHE_URL"],
    }
    if "CACHE_URL" in _env
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = _env.get("CELERY_BROKER_URL", "memory://")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "visibility_timeout": 1200,
    # Whoever rings waits for nobody: the sweeper finds what was not rung. A worker connects with more patience.
    "max_retries": 0,
    "socket_connect_timeout": 0.25,
}
if CELERY_BROKER_URL.startswith("filesystem://"):  # where no Valkey runs: messages are files in one folder
    _folder = urlsplit(CELERY_BROKER_URL).path
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": _folder,
        "data_folder_out": _folder,
        "control_folder": f"{_folder}/control",
    }

API_RATE_PER_KEY = int(_env.get("API_RATE_PER_KEY", "50"))  # requests a second; 0 is no limit
API_RATE_PER_MERCHANT = int(_env.get("API_RATE_PER_MERCHANT", "200"))

# Webhooks go to public addresses over https. Networks named here are allowed too, and plain http and any port with
# them: for receivers in one's own. A site on this machine lets one try with a receiver on this machine.
_own = "127.0.0.0/8,::1/128" if _site.hostname in {"127.0.0.1", "localhost", "::1"} else ""
WEBHOOK_ALLOWED_NETS = tuple(filter(None, _env.get("WEBHOOK_ALLOWED_NETS", _own).replace(" ", "").split(",")))
WEBHOOK_KEEP_DAYS = int(_env.get("WEBHOOK_KEEP_DAYS", "30"))  # how long what was delivered, and how, is kept

# What tells Apple's phones that a card has changed, by its dotted name; see `loyalty.connectors.wallets.pushing`.
# Empty: phones find out when somebody opens the card.
WALLET_PUSHER = _env.get("WALLET_PUSHER", "")

# `loyalty.core.api.base` authenticates, limits and reads; the framework only routes and describes.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "loyalty.core.api.schema.Schema",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loyalty API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "Members earn and redeem. Points and money are whole numbers (money in minor units), ids are "
    "texts, times carry their zone. Requests that move value take an Idempotency-Key: repeating one is safe. "
    "Refusals are application/problem+json with a stable `code`. How webhooks are signed and repeated: /api/webhooks.",
    "SERVERS": [{"url": "/", "description": "This server"}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "loyalty.core.api.schema.add_components",
        "loyalty.core.api.webhook_schema.add_webhooks",
    ],
    "SORT_OPERATIONS": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": _env.get("LOG_LEVEL", "WARNING")},
}
