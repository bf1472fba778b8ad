#!/usr/bin/env python3
"""clang-tidy over our C sources, each at most once for the same text.

    tidy.py BUILD [--all] [--jobs N]

BUILD holds compile_commands.json. The tests' sources are looked at with --all only. A source whose
preprocessed text, with the settings, has been clean before is not looked at again: their sums are kept in
BUILD/tidy. The last line is `N passed, N failed`, counting sources.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def command_of(entry):
    """The compiler's words without its output, for -E."""
    words = shlex.split(entry['command'])
    out = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ('-o', '-MF', '-MT', '-MQ'):
            skip = True
        elif word not in ('-c', '-MD', '-MMD'):
            out.append(word)
    return out + ['-E', '-P']


def sum_of(entry, settings):
    done = subprocess.run(command_of(entry), cwd=entry['directory'], capture_output=True)
    if done.returncode != 0:
        return None
    with open(entry['file'], 'rb') as file: # comments with NOLINT count, too
        return hashlib.sha256(settings + done.stdout + file.read()).hexdigest()


def look_at(entry, build, settings):
    """Returns: the findings as text, empty when there are none."""
    known = sum_of(entry, settings)
    mark = os.path.join(build, 'tidy', known) if known else None
    if mark and os.path.exists(mark):
        return ''
    done = subprocess.run(['clang-tidy', '-p', build, '--quiet', '--extra-arg=-Wno-unknown-warning-option',
                           entry['file']], capture_output=True, text=True)
    if done.returncode == 0 and mark:
        with open(mark, 'w', encoding='ascii'):
            pass
    if done.returncode == 0:
        return ''
    return done.stdout.replace(TOP + '/', '') or done.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    os.makedirs(os.path.join(build, 'tidy'), exist_ok=True)
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as file:
        entries = {entry['file']: entry for entry in json.load(file)}
    with open(os.path.join(TOP, '.clang-tidy'), 'rb') as file:
        settings = file.read()
    ours = [entry for path, entry in sorted(entries.items())
            if path.startswith(TOP) and '/generated/' not in path and
            (options.all or not path.startswith(os.path.join(TOP, 'tests')))]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for findings in pool.map(lambda entry: look_at(entry, build, settings), ours):
            if findings:
                failed += 1
                print(findings.rstrip())
    print(f'{len(ours) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
