"""Whether the pinned packages fit together: each one's needs are met."""

import json
import pathlib
import sys


def main():
    pins = dict(line.split("==") for line in pathlib.Path("requirements.txt").read_text().split())
    index = json.loads(pathlib.Path("index.json").read_text())
    wrong = []
    for name, version in pins.items():
        for other, major in index[name][version]["needs"].items():
            if pins[other].split(".")[0] != major:
                wrong.append(f"{name} {version} needs {other} {major}.*, but {pins[other]} is pinned")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
