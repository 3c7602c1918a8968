"""Plays session.txt of examples in a pseudo-terminal: what a person would type is typed, what they would see is awaited.

    python3 examples/play.py [--wflow PATH] [--record] [EXAMPLE ...]

Each example is copied to a temporary folder first. Exit code 1 if one did not go as written.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>78]|\r")


class Differs(Exception):
    pass


class Terminal:
    """A program in a pseudo-terminal of 100 columns and what it has shown so far."""

    def __init__(self, words, folder, environment):
        self.shown = ""
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 100, 0, 0))
            try:
                os.execvpe(words[0], words, environment)
            except OSError as error:
                print(f"cannot start {words[0]}: {error}")
            os._exit(127)

    def read(self, seconds):
        """Takes what has come; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.shown += ESCAPES.sub("", data.decode("utf-8", "replace"))
        return bool(data)

    def expect(self, text):
        until = time.monotonic() + PATIENCE
        while True:
            at = self.shown.find(text, self.seen)
            if at >= 0:
                self.seen = at + len(text)
                return
            if time.monotonic() > until:
                raise Differs(f"`{text}` did not appear within {PATIENCE:.0f} s")
            if not self.read(0.1):
                if self.shown.find(text, self.seen) >= 0:
                    continue
                raise Differs(f"ended before `{text}` appeared")

    def send(self, text):
        os.write(self.fd, (text + "\n").encode())

    def end(self):
        until = time.monotonic() + PATIENCE
        while self.read(0.1):
            if time.monotonic() > until:
                os.kill(self.pid, 9)
                os.waitpid(self.pid, 0)
                raise Differs(f"did not end within {PATIENCE:.0f} s")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def git(folder, *words):
    identity = ["-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def prepare_git(folder):
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "Example")
    git(folder, "config", "user.email", "example@example.invalid")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "feat: first version")


def play(example, script, wflow, record):
    """Raises Differs. Returns the folder's copy to look at."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"wflow-{example.name}-")) / example.name
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns(".wflow", "__pycache__", "session*.txt"))
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    terminal = None
    last = None
    try:
        for number, line in enumerate(script.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            try:
                if line == "needs git":
                    prepare_git(folder)
                elif word == "env":
                    name, _, value = rest.partition("=")
                    environment[name] = value
                elif word == "$":
                    words = shlex.split(rest)
                    if record:
                        words = ["--record" if w == "--replay" else w for w in words]
                    words[0] = wflow if words[0] == "wflow" else words[0]
                    terminal = last = Terminal(words, folder, environment)
                elif word == "expect":
                    terminal.expect(rest)
                elif line == "word":
                    terminal.expect("type the word `")
                    terminal.expect("word> ")
                    found = re.findall(r"type the word `(\w+)`", terminal.shown[: terminal.seen])
                    terminal.send(found[-1])
                elif word == "send":
                    terminal.send(rest)
                elif word == "exit":
                    code = terminal.end()
                    terminal = None
                    if code != int(rest):
                        raise Differs(f"exit code {code} instead of {rest}")
                elif word == "file":
                    path, _, text = rest.partition(" ")
                    if not (folder / path).is_file():
                        raise Differs(f"there is no file {path}")
                    if text not in (folder / path).read_text(encoding="utf-8"):
                        raise Differs(f"{path} does not hold `{text}`")
                elif line.startswith("no file "):
                    if (folder / line.removeprefix("no file ")).exists():
                        raise Differs(f"there is a file {line.removeprefix('no file ')}")
                else:
                    raise Differs("this direction is unknown")
            except Differs as difference:
                shown = last.shown if last else ""
                raise Differs(f"{script}:{number}: {line}\n{difference}\nshown so far:\n{shown}") from None
        if record:
            shutil.copy(folder / "cassette.jsonl", example / "cassette.jsonl")
    finally:
        if terminal is not None:
            os.kill(terminal.pid, 9)
            os.waitpid(terminal.pid, 0)
        shutil.rmtree(folder.parent)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--wflow", default=shutil.which("wflow") or "wflow", help="the program to play with")
    arguments.add_argument("--record", action="store_true", help="play record.txt instead, and keep the cassette that it makes")
    arguments.add_argument("examples", nargs="*", help="names of folders; all otherwise")
    given = arguments.parse_args()
    wflow = str(pathlib.Path(given.wflow).resolve()) if os.sep in given.wflow else given.wflow
    pattern = "record.txt" if given.record else "session*.txt"
    scripts = sorted(HERE.glob(f"*/{pattern}"))
    failed = 0
    for script in scripts:
        if given.examples and script.parent.name not in given.examples:
            continue
        name = f"{script.parent.name}/{script.name}"
        try:
            play(script.parent, script, wflow, given.record)
            print(f"ok      {name}")
        except Differs as difference:
            failed += 1
            print(f"FAILED  {name}\n{difference}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
