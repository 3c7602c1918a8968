CREATE TABLE migrations (number TEXT PRIMARY KEY, title TEXT NOT NULL);
INSERT INTO migrations VALUES ('001', 'books');
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT NOT NULL, price REAL NOT NULL);
INSERT INTO books (title, author, price) VALUES
    ('The Tides', 'N. Ferrante', 12.5),
    ('Small Engines', 'O. Blum', 30.0),
    ('Letters North', 'N. Ferrante', 9.99),
    ('A Field Guide to Clouds', 'R. Iyer', 24.0),
    ('Bread', 'O. Blum', 18.2);
