"""Django has no OpenAPI of its own; drf-spectacular, which REST framework's documentation names, makes it."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response


class Tumor(serializers.Serializer[None]):
    radius = serializers.FloatField()


@extend_schema(request=Tumor, responses=Tumor)
@api_view(["POST"])
def predict(request: Request) -> Response:
    tumor = Tumor(data=request.data)
    tumor.is_valid(raise_exception=True)
    return Response(tumor.validated_data)


REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
urlpatterns = [path("predict", predict), path("openapi.json", SpectacularJSONAPIView.as_view())]
