"""Judging summaries beside those of the plain methods."""
