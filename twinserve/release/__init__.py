"""From a fitted model to a version that serves: built, judged, promoted."""
