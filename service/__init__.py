"""Answers about a library of articles: search, similarity, comparison, summaries."""

import os

# Else pydantic reads what every installed package says of itself, to see whether it adds anything
# to pydantic; that takes as long as a short command does otherwise.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
