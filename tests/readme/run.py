"""Runs the console blocks of README.md and README.zh.md and compares what comes out, line by line."""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def steps(block):
    """(command, expected output) pairs: `$ ` begins a command, `> ` goes on with it."""
    command, expected = None, []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, expected
            command, expected = line[2:], []
        elif line.startswith("> ") and not expected:
            command += "\n" + line[2:]
        else:
            expected.append(line)
    yield command, expected


def run(name, environment):
    """Returns: how many of a file's commands printed what it says, and how many did not."""
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        blocks = re.findall(r"^```console\n(.*?)^```", file.read(), re.M | re.S)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for block in blocks:
            for command, expected in steps(block):
                done = subprocess.run(["bash", "-c", command], cwd=directory, env=environment,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if done.stdout.splitlines() == expected:
                    passed += 1
                else:
                    failed += 1
                    print("%s: %s\n--- expected\n%s\n--- came\n%s" % (
                        name, command, "\n".join(expected), done.stdout))
    if passed + failed == 0:
        failed = 1
        print("%s has no console blocks" % name)
    return passed, failed


def main():
    binaries = os.path.join(TOP, sys.argv[1] if len(sys.argv) > 1 else "build/release/bin")
    environment = dict(os.environ, PATH=binaries + os.pathsep + os.environ["PATH"], LC_ALL="C.UTF-8",
                       LANGUAGE="en", COLUMNS="100", ALLCLEAR_SAMPLES=os.path.join(TOP, "deploy/samples"))
    counts = [run(name, environment) for name in ("README.md", "README.zh.md")]
    failed = sum(count[1] for count in counts)
    print("%d passed, %d failed" % (sum(count[0] for count in counts), failed))
    return failed != 0


sys.exit(main())
