"""C sources as the lint sees them: without comments and strings, by include, function and switch."""
import collections
import os
import re

Function = collections.namedtuple('Function', 'name line lines parameters nesting')

# A comment, a string or a character: what carries no code.
NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blanked(text):
    """The same lines and columns without comments; strings and characters keep their quotes only."""
    def blank(match):
        found = match.group(0)
        if found[0] in '"\'':
            return found[0] + ' ' * (len(found) - 2) + found[0]
        return re.sub(r'[^\n]', ' ', found)
    return NO_CODE.sub(blank, text)


class File:
    def __init__(self, text):
        self.text = text
        self.code = blanked(text)
        self.known_functions = None

    def includes(self, kinds):
        """(line, '"' or '<', header)"""
        for number, line in enumerate(self.text.split('\n'), 1):
            match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if match and match[1] in kinds:
                yield number, match[1], match[2]

    def code_lines(self):
        for number, line in enumerate(self.code.split('\n'), 1):
            if not re.match(r'\s*#\s*include\b', line):
                yield number, line

    def enum_names(self):
        names = set()
        for body in re.findall(r'\benum\b[^;{}()]*\{([^}]*)\}', self.code):
            names |= set(re.findall(r'^\s*([A-Z]\w*)\s*(?:=|,|$)', body.replace(',', ',\n'), re.M))
        return names

    def switches_with_default(self):
        """(line of the default, labels of its switch); labels of switches inside are their own."""
        stack = []
        depth = 0
        waiting = False
        for number, line in self.code_lines():
            for token in re.finditer(r'\bswitch\b|[{}]|\bcase\s+([\w]+)|\bdefault\s*:', line):
                word = token.group(0)
                if word == 'switch':
                    waiting = True
                elif word == '{':
                    depth += 1
                    if waiting:
                        stack.append([depth, [], None])
                        waiting = False
                elif word == '}':
                    if stack and stack[-1][0] == depth:
                        _, labels, default = stack.pop()
                        if default is not None:
                            yield default, labels
                    depth -= 1
                elif stack and word.startswith('case'):
                    stack[-1][1].append(token.group(1))
                elif stack:
                    stack[-1][2] = number

    def functions(self):
        if self.known_functions is None:
            self.known_functions = list(self.find_functions())
        return self.known_functions

    def find_functions(self):
        lines = self.code.split('\n')
        for start, line in enumerate(lines):
            if line != '{':
                continue
            end = start
            while end < len(lines) and lines[end] != '}':
                end += 1
            first = start - 1
            while first > 0 and lines[first - 1].strip() and not lines[first - 1].startswith(('#', '}')) and \
                    not lines[first - 1].rstrip().endswith((';', '*/')):
                first -= 1
            head = ' '.join(lines[first:start])
            match = re.search(r'\b(\w+)\s*\((.*)\)', head, re.S)
            if match is None:
                continue
            name, inside = (match[1], match[2])
            if name == 'START_TEST':
                name, inside = inside, 'void'
            yield Function(name, first + 1, end - start + 1, parameters_in(inside), nesting_of(lines[start:end + 1]))


def parameters_in(text):
    depth = 0
    count = 0 if text.strip() in ('', 'void') else 1
    for c in text:
        depth += (c in '([') - (c in ')]')
        count += c == ',' and depth == 0
    return count


def nesting_of(lines):
    """How deep if, for, while, do and switch lie in each other: braces that such a line opens."""
    deepest = 0
    stack = []
    before = ''
    for line in lines:
        for token in re.finditer(r'[{}]', line):
            if token.group(0) == '}':
                if stack:
                    stack.pop()
                continue
            head = (before + ' ' + line[:token.start()]).strip()
            control = re.search(r'(\)|\belse|\bdo)$', head) is not None and \
                re.search(r'\b(if|else|for|while|do|switch)\b', head) is not None
            stack.append(control)
            deepest = max(deepest, sum(stack))
        stripped = line.strip()
        if stripped.endswith((';', '{', '}', ':')) or not stripped:
            before = ''
        else:
            before += ' ' + stripped
    return deepest


class Tree:
    """All texts of the project, and its C sources among them."""

    def __init__(self, top, paths, ends):
        self.text = {}
        self.c = {}
        for path in paths:
            whole = os.path.join(top, path)
            if not path.endswith(ends) and not self.is_script(whole):
                continue
            try:
                with open(whole, encoding='utf-8') as file:
                    self.text[path] = file.read()
            except UnicodeDecodeError:
                continue
            if path.endswith(('.c', '.h')):
                self.c[path] = File(self.text[path])

    @staticmethod
    def is_script(path):
        with open(path, 'rb') as file:
            return file.read(2) == b'#!'
