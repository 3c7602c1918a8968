CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO authors (name) SELECT DISTINCT author FROM books ORDER BY author;
ALTER TABLE books ADD COLUMN author_id INTEGER REFERENCES authors (id);
UPDATE books SET author_id = (SELECT id FROM authors WHERE authors.name = books.author);
