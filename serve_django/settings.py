"""Django's settings for an app of this door's own; a project that includes our URLs has its own. The settings of the
service are not here (`twinserve.service.settings`). There is no secret key: nothing here signs anything."""

from __future__ import annotations

ROOT_URLCONF = "serve_django.urls"
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ALLOWED_HOSTS = ["*"]  # No answer depends on the name that a client gives the server.
APPEND_SLASH = False
LOGGING_CONFIG = None  # Logs are configured by the service.
DEBUG_PROPAGATE_EXCEPTIONS = True  # A fault outside a view is logged and answered by the server, as at the other doors.
