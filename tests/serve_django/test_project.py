"""A project as `django-admin startproject` makes it, with users, sessions and a database; in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from harness.running import golden

pytestmark = [pytest.mark.slow, pytest.mark.long]

PROJECT = """
import sys

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.management import call_command
from django.test import Client
from django.urls import include, path
from serve_django import urls_of
from twinserve.service.http.routes import HEALTH

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    SECRET_KEY="a-secret-of-the-tests",
    APPEND_SLASH=True,
    LOGIN_URL="/login/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]}}],
)
django.setup()



def open_to_probes(view, route):
    return login_not_required(view) if route.name in HEALTH else view


urlpatterns = [path("ml/", include(urls_of(decorate=open_to_probes)))]
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

body = open(sys.argv[1]).read()
client = Client(enforce_csrf_checks=True)


def predict():
    return client.post("/ml/predict", body, content_type="application/json")


assert client.get("/ml/health/ready").status_code == 200
assert (predict().status_code, predict().url) == (302, "/login/?next=/ml/predict")
client.force_login(User.objects.create_user("alice"))
with CaptureQueriesContext(connection) as queries:
    answer = predict()
assert (answer.status_code, answer.json()["model"]) == (200, "tumor"), answer
assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT"]  # Session and user.
assert answer.headers["X-Frame-Options"] == "DENY"
assert answer.headers["Vary"] == "Cookie"
wrong = client.delete("/ml/predict")
assert (wrong.status_code, wrong.headers["Allow"]) == (405, "OPTIONS, POST")
assert client.get("/ml/").json() and client.get("/ml").status_code == 301
assert client.get("/ml/", headers={"accept": "text/html"}).headers["Vary"] == "Accept, Accept-Encoding, Cookie"
print("done")
"""


def test_users_sessions_and_transactions_of_a_project_hold(tmp_path: Path, artifacts: Path) -> None:
    """The project's own login guards our paths, no CSRF token is asked for, and no transaction is begun."""
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "tumor.json").write_bytes(golden(artifacts))
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TWINSERVE_ARTIFACTS": str(artifacts)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "project", "tumor.json"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["done"]), done.stderr
