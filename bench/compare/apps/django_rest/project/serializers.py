"""What a tumor is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MeasurementsSerializer(serializers.Serializer[dict[str, Any]]):
    radius = serializers.FloatField()
    texture = serializers.FloatField()
    perimeter = serializers.FloatField()
    area = serializers.FloatField()
    smoothness = serializers.FloatField()
    compactness = serializers.FloatField()
    concavity = serializers.FloatField()
    concave_points = serializers.FloatField()
    symmetry = serializers.FloatField()
    fractal_dimension = serializers.FloatField()


class TumorSerializer(serializers.Serializer[dict[str, Any]]):
    mean = MeasurementsSerializer()
    error = MeasurementsSerializer()
    worst = MeasurementsSerializer()
