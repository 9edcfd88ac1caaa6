"""The paths."""

from __future__ import annotations

from django.urls import path

from project.api import api

urlpatterns = [path("", api.urls)]
