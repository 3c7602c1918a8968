"""A stand-in for a pager: appends what it reads to sent.txt. Needs PAGER_TOKEN; says no more of it than its length."""

import os
import sys


def main(words):
    token = os.environ.get("PAGER_TOKEN", "")
    if not token:
        print("PAGER_TOKEN is not set", file=sys.stderr)
        return 1
    channel = words[words.index("--channel") + 1]
    with open("sent.txt", "a", encoding="utf-8") as sent:
        sent.write(f"{channel}: {sys.stdin.read().strip()}\n")
    print(f"sent with a token of {len(token)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
