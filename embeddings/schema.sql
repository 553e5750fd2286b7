-- The truth of a library. Positions are code points of articles.text, half-open.
CREATE TABLE library (
    name TEXT PRIMARY KEY,
    value NOT NULL
);
INSERT INTO library VALUES ('generation', 0), ('identity', lower(hex(randomblob(16))));

CREATE TABLE articles (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT,
    url TEXT,
    published TEXT,
    language TEXT,
    authors TEXT NOT NULL,  -- JSON list
    extra TEXT NOT NULL,    -- JSON object
    origin TEXT,
    digest BLOB NOT NULL    -- of all that was given: says whether an article changed
);
CREATE INDEX articles_by_origin ON articles (origin);

CREATE TABLE blocks (
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    label TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (article, start)
) WITHOUT ROWID;

-- An id is never used twice, so an index built earlier can be brought up to date by ids alone.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL
);
CREATE INDEX chunks_by_article ON chunks (article, start);

CREATE TABLE sentences (
    chunk INTEGER NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    whole INTEGER NOT NULL,  -- 0: a piece of a sentence longer than the model reads
    PRIMARY KEY (chunk, start)
) WITHOUT ROWID;

-- rowid is the chunk's id. A row goes with its chunk; `store.py` sees to that. Words are
-- searched by their stems here, as they are written in chunk_words (schema_2.sql); schema_3.sql
-- adds the titles and whole articles.
CREATE VIRTUAL TABLE chunk_terms USING fts5 (
    text, tokenize = "porter unicode61 remove_diacritics 2"
);
