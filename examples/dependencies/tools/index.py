"""A package index in a file. `outdated` prints one JSON object a line for each pinned package that is behind."""

import json
import pathlib
import sys


def number(version):
    return tuple(int(part) for part in version.split("."))


def pins():
    lines = pathlib.Path("requirements.txt").read_text().split()
    return dict(line.split("==") for line in lines)


def main(command):
    if command != "outdated":
        print(f"unknown command {command}", file=sys.stderr)
        return 2
    index = json.loads(pathlib.Path("index.json").read_text())
    for name, current in pins().items():
        latest = max(index[name], key=number)
        if number(latest) > number(current):
            entry = index[name][latest]
            print(json.dumps({
                "name": name,
                "current": current,
                "latest": latest,
                "notes": entry["notes"],
                "securityFix": entry.get("securityFix", False),
            }))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
