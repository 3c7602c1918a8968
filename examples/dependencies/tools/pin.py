"""Pins one package of requirements.txt to a version: `pin.py NAME VERSION`."""

import pathlib
import sys


def main(name, version):
    path = pathlib.Path("requirements.txt")
    lines = path.read_text().splitlines()
    if not any(line.startswith(f"{name}==") for line in lines):
        print(f"{name} is not pinned here", file=sys.stderr)
        return 1
    path.write_text("".join(f"{name}=={version}\n" if line.startswith(f"{name}==") else f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
