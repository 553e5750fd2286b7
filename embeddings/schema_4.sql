-- Checksums of what is quoted; see `seals.py`, which keeps them for what comes later.
CREATE TABLE article_seals (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    header INTEGER NOT NULL,
    text INTEGER NOT NULL,
    blocks INTEGER NOT NULL
);
CREATE TABLE chunk_seals (
    chunk INTEGER PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE,
    text INTEGER NOT NULL,
    sentences INTEGER NOT NULL
);
