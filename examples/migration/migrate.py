"""Moves a SQLite database between versions: `migrate.py COMMAND DATABASE [NUMBER]`."""

import json
import pathlib
import sqlite3
import sys


def open_database(path):
    fresh = not pathlib.Path(path).exists()
    database = sqlite3.connect(path, isolation_level=None)
    if fresh:
        database.executescript(pathlib.Path("seed.sql").read_text())
    return database


def files(direction):
    for path in sorted(pathlib.Path("schema").glob(f"*.{direction}.sql")):
        number, title = path.name.removesuffix(f".{direction}.sql").split("_", 1)
        yield number, title, path.read_text()


def pending(database):
    done = {number for (number,) in database.execute("SELECT number FROM migrations")}
    return [
        {"number": number, "title": title, "sql": sql, "destructive": "-- rewrites data" in sql}
        for number, title, sql in files("up")
        if number not in done
    ]


def move(database, direction, wanted):
    for number, title, sql in files(direction):
        if number == wanted:
            mark = (
                f"INSERT INTO migrations VALUES ('{number}', '{title}');"
                if direction == "up"
                else f"DELETE FROM migrations WHERE number = '{number}';"
            )
            database.executescript(f"BEGIN; {sql} {mark} COMMIT;")
            return f"{direction} {number} {title}"
    raise LookupError(f"there is no migration {wanted}")


def checks(database):
    columns = {row[1] for row in database.execute("PRAGMA table_info(books)")}
    count = database.execute("SELECT count(*) FROM books").fetchone()[0]
    yield "books", count == 5, f"{count} books"
    price = "cents" if "cents" in columns else "price"
    free = database.execute(f"SELECT count(*) FROM books WHERE {price} <= 0").fetchone()[0]
    yield "prices", free == 0, f"{free} books without a price"
    if "author_id" in columns:
        lost = database.execute("SELECT count(*) FROM books WHERE author_id IS NULL").fetchone()[0]
        yield "authors", lost == 0, f"{lost} books without an author"


def main(command, path, number=None):
    database = open_database(path)
    try:
        if command == "pending":
            print(json.dumps(pending(database)))
        elif command == "verify":
            for name, ok, detail in checks(database):
                print(json.dumps({"name": name, "ok": ok, "detail": detail}))
        elif command == "backup":
            with sqlite3.connect(f"{path}.backup") as copy:
                database.backup(copy)
            print(f"{path}.backup")
        elif command in ("up", "down"):
            print(move(database, command, number))
        else:
            print(f"unknown command {command}", file=sys.stderr)
            return 2
    except (sqlite3.Error, LookupError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
