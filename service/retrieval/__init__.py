"""Finding passages: the question, the ranking, and why a passage was found."""
