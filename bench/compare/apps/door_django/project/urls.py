"""This project's Django door in a project: the store says which model."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("serve_django.urls"))]
