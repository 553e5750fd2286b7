-- The words as written, for what must or must not stand in a passage; chunk_terms knows stems
-- alone. Case, accents and what stands between words are ignored. It keeps no text of its own:
-- a row goes as it came, with the text that chunk_terms keeps.
CREATE VIRTUAL TABLE chunk_words USING fts5 (
    text, content = '', tokenize = "unicode61 remove_diacritics 2"
);
INSERT INTO chunk_words (rowid, text) SELECT rowid, text FROM chunk_terms;
