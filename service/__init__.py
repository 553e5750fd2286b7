"""Answers about a library of articles: search, similarity, comparison, summaries."""
