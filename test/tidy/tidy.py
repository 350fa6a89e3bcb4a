#!/usr/bin/python3
"""Checks on the source text: tidy.py CHECK [ROOT]. First the check's negative controls (samples that it must flag, in
a temporary folder), then the project. One line for each finding; exit status 1 if there is any."""
import collections
import pathlib
import re
import sys
import tempfile

import controls
import cpp_text

PURE = ('base', 'dns', 'dnssec', 'model', 'plan', 'audit', 'accept')
NOT_SOURCE = {'.git', '.cache', 'build', '__pycache__', 'node_modules', 'dist'}
MAX_LINES = 500
LONG_FILES = {}  # path: why it may be longer than MAX_LINES


class Tree:
    """The files of a project, by path relative to its root."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(str(p.relative_to(self.root)) for p in self.root.rglob('*') if p.is_file()
                            and not NOT_SOURCE.intersection(p.relative_to(self.root).parts))
        self._texts = {}

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding='utf-8', errors='replace')
        return self._texts[path]

    def cpp(self, *tops):
        """C++ files, of the given top folders only if any are given."""
        return [p for p in self.paths if p.endswith(('.cpp', '.hpp')) and (not tops or p.split('/')[0] in tops)]


def is_test(path):
    return re.search(r'_test\.(cpp|hpp)$|(^|/)test_\w+\.hpp$', path) is not None


def module_of(path):
    """src/plan/x.cpp -> plan; sim/checker/x.cpp -> sim."""
    parts = path.split('/')
    return parts[1] if parts[0] == 'src' else parts[0]


# --- layout: every #include follows the table in CMakeLists.txt ------------------------------------------------------

OUTSIDE = {  # include prefix -> name in the LIBS column; what is not listed here (C++, POSIX) is free
    'fmt/': 'fmt::fmt', 'ldns/': 'PkgConfig::LDNS', 'openssl/': 'OpenSSL::Crypto', 'boost/json': 'Boost::json',
    'libxml/': 'PkgConfig::LIBXML2',
    'boost/': 'Boost::headers', 'curl/': 'PkgConfig::CURL', 'unbound.h': 'unbound', 'sqlite3.h': 'PkgConfig::SQLITE',
    'spdlog/': 'spdlog::spdlog', 'CLI/': 'CLI11::CLI11', 'toml++/': 'tomlplusplus::tomlplusplus'}
EVERYWHERE = {'fmt::fmt'}
IN_TESTS = ('gtest/', 'gmock/', 'rapidcheck')


def read_table(tree):
    """{folder: (deps, libs)} from the tutti_module() rows."""
    rows = re.findall(r'^tutti_module\((\S+)\s+DEPS([^)]*?)\s+LIBS([^)]*)\)', tree.text('CMakeLists.txt'), re.MULTILINE)
    return {folder.split('/')[-1]: (deps.split(), libs.split()) for folder, deps, libs in rows}


def reach(table, folder):
    seen, todo = set(), [folder]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += table[here][0]
    return seen


def check_layout(tree):
    table = read_table(tree)
    for path in tree.cpp('src', 'app', 'sim'):
        folder = module_of(path)
        if folder not in table:
            yield f'{path}: folder {folder} is not in the table of CMakeLists.txt'
            continue
        reachable = reach(table, folder)
        for line, system, included in cpp_text.includes(tree.text(path)):
            target = included.split('/')[0]
            if not system and is_test(path) and target == 'test':
                continue  # a contract suite
            if not system and target not in table:
                yield f'{path}:{line}: "{included}": write "folder/file.hpp", with a folder of the table'
            elif not system and target not in reachable:
                yield f'{path}:{line}: {folder} must not include {included} (DEPS reach {" ".join(sorted(reachable))})'
            elif not system and path.startswith('sim/checker') and not (
                    target == 'base' or included == 'sim/trace.hpp' or included.startswith('sim/checker')):
                yield f'{path}:{line}: the checker is independent: base and sim/trace.hpp only, not {included}'
            elif system and included.startswith(IN_TESTS) and not is_test(path):
                yield f'{path}:{line}: <{included}> is for tests'
            elif system:
                lib = next((lib for prefix, lib in OUTSIDE.items() if included.startswith(prefix)), None)
                if lib and lib not in EVERYWHERE and lib not in table[folder][1]:
                    yield f'{path}:{line}: <{included}>: {lib} is not in the LIBS of {folder}'


# --- pure: the folders that think have no clock, no I/O, no threads, no coroutines, no globals -----------------------

IMPURE_CODE = {
    r'\bco_(await|yield|return)\b': 'coroutine',
    r'\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\s*::\s*now\b': 'reads a clock',
    r'\b(gettimeofday|clock_gettime|time\s*\(\s*(nullptr|NULL|0)\s*\))': 'reads a clock',
    r'\bstd\s*::\s*(thread|jthread|mutex|shared_mutex|atomic\w*|future|async|condition_variable)\b': 'threads',
    r'\b(random_device|getenv|fopen|printf|system)\s*\(': 'reaches outside',
    r'\bstd\s*::\s*(cout|cerr|clog|random_device|filesystem)\b': 'reaches outside'}
IMPURE_HEADERS = re.compile(
    r'^(fstream|iostream|filesystem|thread|mutex|shared_mutex|atomic|future|condition_variable|coroutine|random|stop_token'
    r'|csignal|cstdio|ctime|stdio\.h|unistd\.h|fcntl\.h|netdb\.h|poll\.h|pthread\.h|time\.h|sys/.*|arpa/.*|netinet/.*'
    r'|boost/asio.*|boost/beast.*|curl/.*|sqlite3\.h|unbound\.h|spdlog/.*)$')


def check_pure(tree):
    for path in tree.cpp('src'):
        if module_of(path) not in PURE or is_test(path):
            continue
        text = tree.text(path)
        code = cpp_text.code(text)
        for pattern, what in IMPURE_CODE.items():
            for match in re.finditer(pattern, code):
                yield f'{path}:{cpp_text.line_of(code, match.start())}: {what}: {match.group()}'
        for line, system, included in cpp_text.includes(text):
            if system and IMPURE_HEADERS.match(included):
                yield f'{path}:{line}: <{included}> in a pure folder'
        for declaration in cpp_text.declarations(text):
            if declaration.scope == 'namespace' and cpp_text.is_mutable_variable(declaration):
                yield f'{path}:{declaration.line}: global variable: {declaration.head}'
        for line in cpp_text.mutable_statics(text):
            yield f'{path}:{line}: static variable that can change'


# --- unused: what a header offers, somebody else takes -----------------------------------------------------------------
# (Functions of a .cpp alone are the compiler's business: -Wmissing-prototypes and -Wunused-function.)

IMPLICIT = {'begin', 'end', 'main', 'what'}  # called by the language or the library


def check_unused(tree):
    files = tree.cpp('src', 'app', 'sim')
    words = {p: collections.Counter(re.findall(r'\w+', cpp_text.code(tree.text(p)))) for p in files}
    included_by = {}
    for path in files:
        for _, system, included in cpp_text.includes(tree.text(path)):
            if not system:
                included_by.setdefault(included, set()).add(path)

    for header in (p for p in files if p.endswith('.hpp')):
        stem = header.removesuffix('.hpp')
        own = {header, stem + '.cpp', stem + '_test.cpp', stem + '_test.hpp'}
        others = [p for p in files if p not in own and (is_test(header) or not is_test(p))]
        name = header.removeprefix('src/')
        if not any(p in others for p in included_by.get(name, ())):
            yield f'{header}:1: included by nobody but its own .cpp and tests'
            continue
        if is_test(header):
            continue
        for declaration in cpp_text.declarations(tree.text(header)):
            symbol = declaration.public and (cpp_text.function_name(declaration) or cpp_text.type_name(declaration))
            if not symbol or symbol in IMPLICIT or words[header][symbol] > 1:
                continue
            if any(words[p][symbol] for p in others):
                continue
            if words.get(stem + '.cpp', {}).get(symbol, 0) > 1 and any(words[p][symbol] for p in files if is_test(p)):
                continue  # a step of its own .cpp that has its own test
            yield f'{header}:{declaration.line}: {symbol} is used in no other file (tests do not count)'


# --- text: short files, nothing left for later, nothing of one machine -------------------------------------------------

def is_source(path):
    return path.endswith(('.cpp', '.hpp', '.py', '.cmake', '.sh', 'CMakeLists.txt')) or path in ('dev', '.ci/run')


def check_text(tree):
    homes = [r'/home/\w+', r'/root/', re.escape(str(tree.root)) + r'\b']
    top = tree.root.parts[1]
    if top not in ('bin', 'dev', 'etc', 'home', 'opt', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'usr', 'var'):
        homes.append(rf'(?<![\w.])/{re.escape(top)}/')
    later = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
    here = re.compile('|'.join(homes))
    for path in tree.paths:
        if not (is_source(path) or path.endswith(('.md', '.json', '.toml', '.conf', '.yaml'))):
            continue
        lines = tree.text(path).splitlines()
        if is_source(path) and len(lines) > MAX_LINES and path not in LONG_FILES:
            yield f'{path}: {len(lines)} lines, more than {MAX_LINES}: is there a seam in it?'
        for number, line in enumerate(lines, 1):
            if later.search(line):
                yield f'{path}:{number}: left for later: {line.strip()}'
            if here.search(line) and path != 'test/tidy/tidy.py':
                yield f'{path}:{number}: path of one machine: {line.strip()}'
            if line.rstrip() != line and is_source(path):
                yield f'{path}:{number}: white space at the end'


# --- doc: commands, options, files, links and functions that README and doc/ name exist --------------------------------

def code_lines(markdown):
    """(line number, text) of what stands in code fences and in `backticks`."""
    fenced = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.lstrip().startswith('```'):
            fenced = not fenced
        elif fenced:
            yield number, line
        else:
            for span in re.findall(r'`([^`]+)`', line):
                yield number, span


def anchors(markdown):
    heads = re.findall(r'^#+ +(.*)$', markdown, re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', h.lower()).replace(' ', '-') for h in heads}


def check_doc(tree):
    dev_words = set(re.findall(r'^do_(\w+)\(\)', tree.text('dev'), re.MULTILINE)) if 'dev' in tree.paths else set()
    app = '\n'.join(tree.text(p) for p in tree.cpp('app'))
    subcommands = set(re.findall(r'\badd_(?!option|flag)\w+\([^")]*"([\w-]+)"', app))
    scripts = '\n'.join(tree.text(p) for p in tree.paths if p == 'dev' or p.startswith('lab/') and p.endswith('.py'))
    sources = '\n'.join(tree.text(p) for p in tree.cpp()) + scripts
    for path in (p for p in tree.paths if is_source(p) and not p.startswith('test/tidy/')):
        for name in re.findall(r'\bdoc/[\w-]+\.md', tree.text(path)):
            if name not in tree.paths:
                yield f'{path}: names {name}, which does not exist'
    for path in (p for p in tree.paths if p == 'README.md' or p.startswith('doc/') and p.endswith('.md')):
        text = tree.text(path)
        for number, line in code_lines(text):
            for word in re.findall(r'\./dev ([a-z]\w*)', line):
                if word not in dev_words:
                    yield f'{path}:{number}: no such word: ./dev {word}'
            for words in re.findall(r'(?<![\w./-])tutti ([a-z][\w|-]*)', line):
                for word in words.split('|'):
                    if word not in subcommands:
                        yield f'{path}:{number}: no such command: tutti {word}'
            if re.search(r'\./dev |\btutti ', line):
                for option in re.findall(r'(?<!\S)(--[a-z][\w-]*)', line):
                    if option not in app + scripts:
                        yield f'{path}:{number}: no such option: {option}'
            for name in re.findall(r'(?<![\w/.-])((?:src|app|sim|lab|test|bench|doc|cmake)/[\w./*-]*\w)', line):
                if not any(tree.root.glob(name)):
                    yield f'{path}:{number}: no such file: {name}'
            for name in re.findall(r'\b([a-z_]\w*)\(\)', line):
                if not re.search(rf'\b{name}\b', sources):
                    yield f'{path}:{number}: no such function: {name}()'
        for target in re.findall(r'\]\(([^)#\s]*)(?:#[^)]*)?\)', text):
            if target and not target.startswith(('http:', 'https:')) and not (tree.root / path).parent.joinpath(target).exists():
                yield f'{path}: broken link: {target}'
        for target, anchor in re.findall(r'\]\(([^)#\s]*)#([^)\s]+)\)', text):
            page = (tree.root / path).parent / target if target else tree.root / path
            if page.suffix == '.md' and page.exists() and anchor not in anchors(page.read_text(encoding='utf-8')):
                yield f'{path}: broken link: {target}#{anchor}'


CHECKS = {'layout': check_layout, 'pure': check_pure, 'unused': check_unused, 'text': check_text, 'doc': check_doc}


def control_failures(name):
    """What a check does wrong on samples whose right findings are known."""
    for what, files, expected in controls.samples(name):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding='utf-8')
            findings = list(CHECKS[name](Tree(folder)))
        if expected is None and findings:
            yield f'control "{what}": nothing is wrong with it, but: {findings}'
        if expected is not None and not any(expected in f for f in findings):
            yield f'control "{what}": not flagged (no finding has "{expected}"): {findings}'


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in CHECKS:
        sys.exit(f'usage: tidy.py {"|".join(CHECKS)} [ROOT]')
    name = sys.argv[1]
    root = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else pathlib.Path(__file__).parents[2]).resolve()
    findings = list(control_failures(name)) or list(CHECKS[name](Tree(root)))
    print('\n'.join(findings) if findings else f'tidy {name}: nothing to say')
    sys.exit(1 if findings else 0)


if __name__ == '__main__':
    main()
