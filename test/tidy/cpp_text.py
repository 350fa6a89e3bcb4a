"""C++ source as text: enough to read includes, declarations and scopes, far from a parser."""
import re

_LITERALS = re.compile(
    r'R"([^()\s\\]{0,16})\(.*?\)\1"'          # raw string
    r'|"(?:\\.|[^"\\\n])*"'                    # string
    r"|(?<![0-9a-fA-F_])'(?:\\.|[^'\\\n])+'"   # character, not a digit separator
    r'|//[^\n]*|/\*.*?\*/', re.DOTALL)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.MULTILINE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def _blank(match):
    return re.sub(r'[^\n]', ' ', match.group())


def code(text):
    """The text with comments, literals and preprocessor lines blanked; every character keeps its line."""
    return _DIRECTIVE.sub(_blank, _LITERALS.sub(_blank, text))


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def includes(text):
    """(line, is_system, path) of every #include."""
    return [(line_of(text, m.start(1)), m.group(1) == '<', m.group(2)) for m in _INCLUDE.finditer(text)]


class Declaration:
    """One declaration at namespace or class scope: its text up to ';' or '{', and where it stands."""

    def __init__(self, head, line, scope, public, braced):
        self.head = head      # white space squeezed, without what is inside braces
        self.line = line
        self.scope = scope    # 'namespace' or 'class'
        self.public = public  # False in a private or protected part, at any level
        self.braced = braced  # a '{' ended it: a body or an initializer


def _drop_template_arguments(head):
    previous = None
    while previous != head:
        previous, head = head, re.sub(r'<[^<>]*>', ' ', head)
    return head


def _kind_of_brace(head):
    plain = _drop_template_arguments(head)
    if re.match(r'(inline )?namespace\b', plain) or re.match(r'extern\s*$', plain):
        return 'namespace'
    if re.search(r'\benum\b', plain) and '(' not in plain:
        return 'enum'
    if re.search(r'\b(class|struct|union)\b', plain) and '(' not in plain and '=' not in plain:
        return 'class'
    return 'body'


def declarations(text):
    """Every declaration outside function bodies. Classes and enums themselves are declarations too."""
    source = code(text)
    found, stack = [], [('namespace', True)]
    start = i = parens = 0

    def head():
        return re.sub(r'\s+', ' ', source[start:i]).strip()

    def emit(braced):
        if head():
            lead = len(source[start:i]) - len(source[start:i].lstrip())
            found.append(Declaration(head(), line_of(source, start + lead), stack[-1][0],
                                     all(public for _, public in stack), braced))

    while i < len(source):
        c = source[i]
        parens += {'(': 1, ')': -1}.get(c, 0)
        if parens > 0:
            pass  # braces of default arguments belong to the declaration
        elif c == '{':
            kind = _kind_of_brace(head())
            if kind != 'namespace':
                emit(True)
            if kind in ('body', 'enum'):
                depth = 1
                while depth and i + 1 < len(source):
                    i += 1
                    depth += {'{': 1, '}': -1}.get(source[i], 0)
            else:
                stack.append((kind, kind == 'namespace' or not re.search(r'\bclass\b', _drop_template_arguments(head()))))
            start = i + 1
        elif c == '}':
            if len(stack) > 1:
                stack.pop()
            start = i + 1
        elif c == ';':
            emit(False)
            start = i + 1
        elif c == ':' and (label := re.fullmatch(r'(public|private|protected)', head())):
            stack[-1] = (stack[-1][0], label.group(1) == 'public')
            start = i + 1
        i += 1
    return found


_NOT_NAMES = {'static_assert', 'decltype', 'noexcept', 'explicit', 'requires', 'alignas', 'defined', 'if', 'while', 'for'}


def function_name(declaration):
    """The name of the function that is declared, or None: not a function, or one that is used without its name."""
    head = _drop_template_arguments(declaration.head)
    if re.search(r'\b(operator|using|typedef|friend|override|static_assert|concept)\b|~', head):
        return None
    if re.search(r'= *(default|delete)$', head):
        return None
    head = re.sub(r'=.*', '', head)
    for match in re.finditer(r'([A-Za-z_][\w:]*)\s*\(', head):
        if match.group(1) not in _NOT_NAMES:
            name = match.group(1).split('::')[-1]
            before = head[:match.start()].replace('inline', '').replace('constexpr', '').replace('explicit', '')
            return name if before.strip() else None  # nothing before it: a constructor
    return None


def type_name(declaration):
    """The name of the class, struct, union or enum class that is declared, or None."""
    head = _drop_template_arguments(declaration.head)
    if '(' in head or '=' in head:
        return None
    match = re.match(r'(?:class|struct|union|enum class) (\w+)', head)
    return match.group(1) if match and declaration.braced else None


def is_mutable_variable(declaration):
    """True for a variable at namespace scope that can change."""
    head = _drop_template_arguments(declaration.head)
    if re.match(r'(using|typedef|friend|namespace|class|struct|union|enum|static_assert|concept|extern "C"|template|requires)\b', head):
        return False
    if re.search(r'\b(const|constexpr|consteval|operator)\b', re.sub(r'[(=].*', '', head)):
        return False
    left = head.split('=')[0]
    return '(' not in left and re.search(r'\w[\w:&*> ]* [&*]*\w+(\[\w*\])?\s*$', left) is not None


# 'static' inside functions and classes: what follows up to the first of ; = { ( tells a function from a variable.
_STATIC = re.compile(r'\b(static|thread_local)\b(?P<rest>[^;={(]*)(?P<end>[;={(])')


def mutable_statics(text):
    """Lines of static variables that can change, wherever they stand."""
    source = code(text)
    return [line_of(source, m.start()) for m in _STATIC.finditer(source)
            if m['end'] != '(' and not re.search(r'\b(const|constexpr)\b', m['rest'])]
