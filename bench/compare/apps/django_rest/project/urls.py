"""The paths."""

from __future__ import annotations

from django.urls import path

from project import views

urlpatterns = [path("predict", views.predict)]
