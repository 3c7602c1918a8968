"""A stand-in for the tool that operates a service. Its state is service.json."""

import json
import pathlib
import sys

STATE = pathlib.Path("service.json")


def main(command, *words):
    state = json.loads(STATE.read_text())
    if command == "status":
        print(json.dumps({**state, "healthy": state["errorRate"] < 1.0}))
        return 0
    if command == "logs":
        count = int(words[words.index("--lines") + 1]) if "--lines" in words else 10
        print("\n".join(pathlib.Path("service.log").read_text().splitlines()[-count:]))
        return 0
    if command == "maintenance":
        state["maintenance"] = words == ("on",)
    elif command == "restart":
        state["errorRate"] = 12.0
    elif command == "rollback":
        if list(words) != [state["previous"]]:
            print(f"can only roll back to {state['previous']}", file=sys.stderr)
            return 1
        state["release"] = state["previous"]
        state["errorRate"] = 0.2
    else:
        print(f"unknown command {command}", file=sys.stderr)
        return 2
    STATE.write_text(json.dumps(state) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
