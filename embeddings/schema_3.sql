-- Titles are searched with each chunk, and articles as wholes: the words of a question may stand
-- far apart in one. Words of the body and the title alone; what stands around the body stays out.
ALTER TABLE chunk_terms RENAME TO chunk_terms_before;
CREATE VIRTUAL TABLE chunk_terms USING fts5 (
    title, text, tokenize = "porter unicode61 remove_diacritics 2"
);
INSERT INTO chunk_terms (rowid, title, text)
SELECT chunks.id, title, chunk_terms_before.text
FROM chunk_terms_before
JOIN chunks ON chunks.id = chunk_terms_before.rowid
JOIN articles ON number = article;
DROP TABLE chunk_terms_before;

-- rowid is the article's number; an article without a chunk has no row.
CREATE VIRTUAL TABLE article_terms USING fts5 (
    title, text, tokenize = "porter unicode61 remove_diacritics 2"
);
INSERT INTO article_terms (rowid, title, text)
SELECT article, title, group_concat(text, char(10))
FROM (
    SELECT article, title, text FROM chunk_terms
    JOIN chunks ON chunks.id = chunk_terms.rowid
    ORDER BY article, start
)
GROUP BY article;
