#!/usr/bin/env python3
"""The conventions that a machine can hold: include directions, doors, banned calls, sizes, guards.

    lint.py [--no-headers]

Compiles nothing but each header alone (gcc -fsyntax-only). The last line is `N passed, N failed`: one
for each kind of check. tables.py says what is allowed and why.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

import source
import tables

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TEXT_ENDS = ('.c', '.h', '.py', '.sh', '.txt', '.cmake', '.md', '.proto', '.conf', '.csv', '.json', '.service')
SHIPPED = ('clearing/', 'proto/', 'daemon/', 'tools/')


def files_of_the_tree():
    """Every file that is part of the project, as a path below the top."""
    done = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=TOP, capture_output=True, text=True)
    if done.returncode == 0 and done.stdout:
        paths = done.stdout.splitlines()
    else:
        paths = []
        for folder, folders, names in os.walk(TOP):
            folders[:] = [name for name in folders if name not in ('build', '.git', '__pycache__')]
            paths += [os.path.relpath(os.path.join(folder, name), TOP) for name in names]
    return sorted(path for path in set(paths) if os.path.isfile(os.path.join(TOP, path)))


# --- include directions, doors ---

def room_of(path):
    folder = os.path.dirname(path)
    if folder.startswith('tools/') and os.path.basename(path).startswith('verb_'):
        return 'verbs'
    return tables.PARTS.get(path) or tables.PARTS.get(folder) or folder


def check_edges(tree):
    for path, file in tree.c.items():
        room = room_of(path)
        if room not in tables.EDGES:
            yield path, 1, f'room {room} is not in the table of rooms'
            continue
        allowed = tables.EDGES[room][0]
        for line, _, header in file.includes('"'):
            target = room_of(header)
            if target == room or '*' in allowed or target in allowed:
                continue
            yield path, line, f'{room} may not include {target} ({header})'


def check_edges_used(tree):
    """An allowed edge that nobody takes is to be struck from the table."""
    used = set()
    for path, file in tree.c.items():
        for _, _, header in file.includes('"'):
            used.add((room_of(path), room_of(header)))
    for room, (allowed, _) in tables.EDGES.items():
        for target in allowed:
            if target != '*' and (room, target) not in used:
                yield 'tests/lint/tables.py', 1, f'nobody in {room} includes {target}: strike the edge'


def check_private(tree):
    for path, file in tree.c.items():
        if path.startswith('tests/'):
            continue
        for line, _, header in file.includes('"'):
            private = header in tables.PRIVATE or re.search(r'(^|/|_)inside\.h$', header)
            if private and os.path.dirname(header) != os.path.dirname(path) and \
                    (path, header) not in tables.PRIVATE_ALLOWED:
                yield path, line, f'{header} is for its own folder only'


def check_doors(tree):
    for path, file in tree.c.items():
        for line, kind, header in file.includes('"<'):
            for prefix, doors in tables.DOORS.items():
                ours = kind == '"' and not prefix.startswith('allclear/')
                if ours or not (header.startswith(prefix) if prefix.endswith('/') else header == prefix):
                    continue
                if not any(path.startswith(door) if door.endswith('/') else path == door for door in doors):
                    yield path, line, f'<{header}> has its door elsewhere: {", ".join(doors)}'


def check_system_headers(tree):
    for path, file in tree.c.items():
        parts = path.split('/')
        if parts[0] not in ('clearing', 'proto'):
            continue
        strict = parts[0] == 'clearing' and parts[1] in tables.RULES_ROOMS
        for line, _, header in file.includes('<'):
            bad = header not in tables.RULES_HEADERS if strict else header in tables.CLEARING_NEVER
            if bad and (path, header) not in tables.SYSTEM_ALLOWED:
                yield path, line, f'<{header}> has no place in {"/".join(parts[:2])}'


def check_own_header_first(tree):
    for path, file in tree.c.items():
        own = path[:-2] + '.h'
        if path.endswith('.c') and own in tree.c:
            first = next(file.includes('"<'), (1, '', ''))
            if first[2] != own:
                yield path, first[0], f'{own} is not included first'


def check_guards(tree):
    for path, file in tree.c.items():
        if path.endswith('.h'):
            guard = re.sub(r'[^A-Z0-9]', '_', path.upper())
            if not re.search(rf'^#ifndef {guard}\n#define {guard}$', file.text, re.M) or \
                    not file.text.endswith('#endif\n'):
                yield path, 1, f'the include guard is not {guard}'


# --- words ---

def check_fen(tree):
    for path, file in tree.c.items():
        if not path.startswith(SHIPPED) or path.startswith('clearing/money/') or path in tables.FEN_ALLOWED:
            continue
        for line, code in file.code_lines():
            if re.search(r'(\.|->)\s*fen\b', code):
                yield path, line, 'the integer inside money_t is touched (use clearing/money/money.h)'


def check_calls(tree):
    for path, file in tree.c.items():
        if not path.startswith(SHIPPED):
            continue
        banned = dict(tables.BANNED)
        if path.startswith('clearing/'):
            banned.update(tables.BANNED_IN_CLEARING)
        pattern = re.compile(r'(?<![\w.>])(' + '|'.join(banned) + r')\s*\(')
        for line, code in file.code_lines():
            for call in pattern.findall(code):
                if (path, call) not in tables.BANNED_ALLOWED:
                    yield path, line, f'{call}() is banned: {banned[call]}'


def check_floats(tree):
    for path, file in tree.c.items():
        if path.startswith(('clearing/', 'proto/')):
            for line, code in file.code_lines():
                if re.search(r'\b(float|double)\b', code):
                    yield path, line, 'no floats in clearing/ and proto/'


def check_defaults(tree):
    """No `default:` in a switch one of whose labels is a constant of an enum of ours."""
    names = set()
    for file in tree.c.values():
        names |= file.enum_names()
    for path, file in tree.c.items():
        if path.startswith('tests/'):
            continue
        for line, labels in file.switches_with_default():
            if any(label in names or label.startswith('OUTCOME_') for label in labels):
                yield path, line, 'default: in a switch over an enum of ours hides a forgotten constant'


def check_words(tree):
    words = re.compile(r'\b(TO' + r'DO|FIX' + r'ME|X' + r'XX|HA' + r'CK)\b')
    places = re.compile(r'(?<![\w.$}])/(wo' + r'rk|ro' + r'ot|fa' + r'rm|ho' + r'me)/\w')
    hosts = re.compile(r'\b(?:pypi|npmjs|crates|rubygems|golang|docker|ghcr|quay)\.(?:org|io|com)\b')
    for path, text in tree.text.items():
        if path.startswith('tests/lint/'):
            continue
        for number, line in enumerate(text.split('\n'), 1):
            for pattern, what in ((words, 'left to do'), (places, 'a path of some machine'), (hosts, 'a registry')):
                if pattern.search(line):
                    yield path, number, f'{what}: {line.strip()[:60]}'


def check_spaces(tree):
    for path, text in tree.text.items():
        if path.endswith(('.csv', '.json', '.jsonl')):
            continue
        for number, line in enumerate(text.split('\n'), 1):
            if line != line.rstrip():
                yield path, number, 'trailing space'
            if '\t' in line:
                yield path, number, 'a tab'
            if path.endswith(('.c', '.h')) and len(line) > 100 and '"' not in line:
                yield path, number, f'{len(line)} columns'
        if text and not text.endswith('\n'):
            yield path, text.count('\n') + 1, 'no newline at the end'


# --- sizes ---

def ratchet(path, line, what, size, limit, known, key):
    """Over the limit only as far as the ratchet says; a ratchet that could be lower is a finding, too."""
    if size > known.get(key, limit):
        yield path, line, f'{what}: {size}, at most {known.get(key, limit)}'
    elif key in known and size < known[key]:
        yield path, line, f'{what}: {size} now; lower the ratchet in tests/lint/tables.py'


def check_file_sizes(tree):
    for path, text in tree.text.items():
        if path.endswith(('.c', '.h', '.py', '.sh')):
            yield from ratchet(path, 1, 'lines', text.count('\n'), tables.FILE_LINES_MAX, tables.FILE_LINES, path)


def check_functions(tree):
    for path, file in tree.c.items():
        for function in file.functions():
            key = f'{path}:{function.name}'
            for what, size, limit, known in (
                    ('lines', function.lines, tables.FUNCTION_LINES_MAX, tables.FUNCTION_LINES),
                    ('parameters', function.parameters, tables.PARAMETERS_MAX, tables.PARAMETERS),
                    ('nesting', function.nesting, tables.NESTING_MAX, tables.NESTING)):
                yield from ratchet(path, function.line, f'{function.name}: {what}', size, limit, known, key)


def check_tables(tree):
    """Exceptions for what is no more are to be struck."""
    paths = [key[0] for table in (tables.PRIVATE_ALLOWED, tables.SYSTEM_ALLOWED, tables.BANNED_ALLOWED) for key in table]
    paths += [path for path in tables.PARTS if path.endswith(('.c', '.h'))]
    paths += list(tables.PRIVATE) + list(tables.FEN_ALLOWED) + list(tables.FILE_LINES)
    for path in sorted(set(paths)):
        if path not in tree.text:
            yield 'tests/lint/tables.py', 1, f'{path} is no more'
    for path, header in tables.SYSTEM_ALLOWED:
        if path in tree.c and header not in [found[2] for found in tree.c[path].includes('<')]:
            yield 'tests/lint/tables.py', 1, f'{path} does not include <{header}> any more'
    known = {f'{path}:{function.name}' for path, file in tree.c.items() for function in file.functions()}
    for table in (tables.FUNCTION_LINES, tables.PARAMETERS, tables.NESTING):
        for key in table:
            if key not in known:
                yield 'tests/lint/tables.py', 1, f'{key} is no more'


# --- headers ---

def compile_alone(path):
    command = ['gcc', '-std=gnu17', '-fsyntax-only', '-D_GNU_SOURCE', '-DALLCLEAR_VERSION="0"', '-Wall',
               '-Wextra', '-Wno-unused-function', '-Werror', '-I.', '-x', 'c', '-']
    for preset in ('dev', 'release', 'asan'):
        if os.path.isdir(os.path.join(TOP, 'build', preset, 'proto', 'generated')):
            command.insert(1, f'-isystem{TOP}/build/{preset}/proto/generated')
            break
    done = subprocess.run(command, cwd=TOP, input=f'#include "{path}"\n', capture_output=True, text=True)
    return path, done.returncode, done.stderr


def check_headers(tree):
    headers = [path for path in tree.c if path.endswith('.h')]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for path, code, errors in pool.map(compile_alone, headers):
            if code != 0 and '.pb-c.h: No such file' not in errors: # made by a build
                yield path, 1, 'does not compile alone: ' + next(
                    (line for line in errors.split('\n') if 'error' in line), errors[:200])


CHECKS = [check_edges, check_edges_used, check_private, check_doors, check_system_headers, check_own_header_first,
          check_guards, check_fen, check_calls, check_floats, check_defaults, check_words, check_spaces,
          check_file_sizes, check_functions, check_tables]


def main():
    tree = source.Tree(TOP, files_of_the_tree(), TEXT_ENDS)
    checks = CHECKS + ([] if '--no-headers' in sys.argv[1:] else [check_headers])
    failed = 0
    for check in checks:
        findings = sorted(check(tree))
        for path, line, text in findings:
            print(f'{path}:{line}: {text}')
        failed += bool(findings)
    print(f'{len(checks) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
