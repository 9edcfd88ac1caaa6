"""Django 5.2 has no background work of its own (6.0 has tasks): a pool of threads, here; Celery elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

pool = ThreadPoolExecutor(1)
written: list[str] = []


@csrf_exempt
def predict(_request: HttpRequest) -> JsonResponse:
    pool.submit(written.append, "benign")
    return JsonResponse({"label": "benign"})


urlpatterns = [path("predict", predict)]
