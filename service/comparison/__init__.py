"""Article and article: what both say, what only one says, and where they differ."""
