"""Django has no injection of its own: `as_view` takes what a view needs, and a test gives another one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views import View


class Label(View):
    model: Any = None

    def get(self, _request: HttpRequest) -> JsonResponse:
        return JsonResponse({"label": self.model.predict()})


def urls(model: Any) -> list[Any]:
    return [path("label", Label.as_view(model=model))]
