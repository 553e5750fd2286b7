"""Choosing the sentences of a summary, and citing them."""
