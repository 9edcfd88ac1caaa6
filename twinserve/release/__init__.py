"""From a fitted model to a version that serves: built, compared with the champion, promoted."""
