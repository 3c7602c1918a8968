"""Appends the good rows of a CSV file to warehouse.csv; the line numbers of the bad ones come on standard input."""

import sys


def main(path):
    skip = {int(line) for line in sys.stdin.read().split()}
    with open(path, encoding="utf-8") as file, open("warehouse.csv", "a", encoding="utf-8") as out:
        for number, line in enumerate(file, start=1):
            if number > 1 and number not in skip:
                out.write(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
