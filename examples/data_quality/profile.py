"""Prints what is in a CSV file of orders, as JSON: counts of each column, and the rows that break a rule."""

import csv
import json
import re
import sys

RULES = {
    "order_id": ("order_id is a number", r"\d+"),
    "ordered_on": ("ordered_on is a day", r"\d{4}-\d{2}-\d{2}"),
    "customer": ("customer is c- and a number", r"c-\d+"),
    "cents": ("cents is a number", r"\d+"),
    "country": ("country has two letters", r"[A-Z]{2}"),
}


def main(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or []
        rows = list(reader)
    columns = []
    for name in names:
        values = [row[name] for row in rows if row[name]]
        columns.append({
            "name": name,
            "filled": 100.0 * len(values) / len(rows) if rows else 0.0,
            "distinct": len(set(values)),
            "lowest": min(values, default=None),
            "highest": max(values, default=None),
        })
    bad = [
        {"line": line, "rule": rule, "value": row[name][:120]}
        for line, row in enumerate(rows, start=2)
        for name, (rule, pattern) in RULES.items()
        if name in names and not re.fullmatch(pattern, row[name] or "")
    ]
    print(json.dumps({"file": path, "rows": len(rows), "columns": columns, "badRows": bad}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
