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


def answer(terminal, answers):
    """Answers one question as the person who stands in for the AI; the answer whose mark the question shows is taken."""
    start = terminal.seen
    until = time.monotonic() + PATIENCE
    pages = 0
    while "`!cancel` leaves." not in terminal.shown[start:] and "it ends with a line `.`" not in terminal.shown[start:]:
        if terminal.shown[start:].count("Enter next page") + terminal.shown[start:].count("Enter goes on") > pages:
            pages += 1
            terminal.send("")
        if time.monotonic() > until or not terminal.read(0.1):
            raise Differs("no question for the AI appeared")
    question = terminal.shown[start:]
    mark, text = next(a for a in answers if a[0] in question)
    answers.remove((mark, text))
    if "`!cancel` leaves." in question:
        terminal.expect("`!cancel` leaves.")
        terminal.expect("): ")
        terminal.send(text)
    else:
        terminal.expect("line `.`")
        for line in text.split("\\n"):
            terminal.send(line)
        terminal.send(".")


def play(example, script, wflow, record):
    """Raises Differs. In `record` the `ai` lines are typed, and the cassette that comes of it is kept."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"wflow-{example.name}-")) / example.name
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns(".wflow", "__pycache__", "session*.txt"))
    cassette = folder.parent / "cassette.jsonl"
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    terminal = last = None
    answers = []
    try:
        if record and "only replayed" in script.read_text(encoding="utf-8").splitlines():
            return
        for number, line in enumerate(script.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            try:
                if word == "ai":
                    mark, text = re.fullmatch(r"(?:\((.*?)\) )?(.*)", rest).groups()
                    answers.append((mark or "", text))
                    continue
                while record and answers:
                    answer(terminal, answers)
                answers.clear()
                if line == "only replayed":
                    pass
                elif line == "needs git":
                    prepare_git(folder)
                elif word == "env":
                    name, _, value = rest.partition("=")
                    environment[name] = value
                elif word == "$":
                    words = shlex.split(rest)
                    if record:
                        words = ["--record" if w == "--replay" else w for w in words]
                        words = [str(cassette) if w == "cassette.jsonl" else w for w in words]
                    words[0] = wflow if words[0] == "wflow" else words[0]
                    terminal = last = Terminal(words, folder, environment)
                elif word == "expect":
                    terminal.expect(rest)
                elif line == "word":
                    terminal.expect("type the word `")
                    terminal.expect("word> ")
                    terminal.send(re.findall(r"type the word `(\w+)`", terminal.shown[: terminal.seen])[-1])
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
        if record and cassette.exists():
            shutil.copy(cassette, example / "cassette.jsonl")
    finally:
        if terminal is not None:
            os.kill(terminal.pid, 9)
            os.waitpid(terminal.pid, 0)
        shutil.rmtree(folder.parent)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--wflow", default=shutil.which("wflow") or "wflow", help="the program to play with")
    arguments.add_argument("--record", action="store_true", help="type the `ai` lines, too, and keep the cassette that comes of it")
    arguments.add_argument("examples", nargs="*", help="names of folders; all otherwise")
    given = arguments.parse_args()
    wflow = str(pathlib.Path(given.wflow).resolve()) if os.sep in given.wflow else given.wflow
    scripts = sorted(HERE.glob("*/session.txt" if given.record else "*/session*.txt"))
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
