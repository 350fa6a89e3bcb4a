#!/usr/bin/python3
"""Manual pages: man.py TUTTI SOURCE OUT. The text is in doc/man; lines `@options COMMAND@`, `@commands@` and
`@section FILE TITLE@` stand for what the program says of itself and for a section of the documentation."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMN = 30  # where the program's help begins to explain; a longer name stands on a line of its own


def said(tutti, command):
    """{heading: [(name, text)]} of `tutti COMMAND --help`."""
    out, heading = {}, None
    done = subprocess.run([tutti, *command, '--help'], capture_output=True, text=True, check=True,
                          env={**os.environ, 'COLUMNS': '500'})
    for line in done.stdout.splitlines():
        if re.fullmatch(r' *[A-Z]\w+:', line):
            heading = out.setdefault(line.strip()[:-1], [])
        elif heading and line.startswith('     '):
            name, text = heading[-1]
            heading[-1] = (name, f'{text} {line.strip()}'.strip())
        elif heading is not None and line.startswith('  ') and line.strip() and line[2] != '[':
            name, text = line[:COLUMN].rstrip(), line[COLUMN:].strip()
            broken = line[COLUMN - 1:COLUMN] != ' ' or name.count('[') != name.count(']') or name.endswith((':', ' in'))
            heading.append((line.strip(), '') if broken else (name.strip(), text))
    return out


def escaped(text):
    return re.sub(r'([\\`*_{}\[\]<>|$~^"#@])', r'\\\1', text)


def definitions(entries):
    return ''.join(f'**{escaped(name)}**\n:   {escaped(text) or "&nbsp;"}\n\n' for name, text in entries
                   if not name.startswith('-h,') and not name.startswith('--help-all'))


def options(tutti, command):
    here = said(tutti, command)
    text = definitions(here.get('Positionals', []) + here.get('Options', []))
    for name, _ in here.get('Subcommands', []):
        text += f'## tutti {" ".join([*command, name])}\n\n{options(tutti, [*command, name])}'
    return text


def commands(tutti):
    text = ''
    for name, what in said(tutti, [])['Subcommands']:
        text += f'## tutti {name}\n\n{escaped(what)}.\n\n'
        if name == 'parent':
            text += 'The parent\'s agent has a page of its own: tutti-parent(1).\n\n'
        text += options(tutti, [name])
    return text


def section(file, title):
    """From the heading of that title to the next one of its level, without the heading."""
    lines = (ROOT / file).read_text(encoding='utf-8').splitlines()
    start = next(i for i, line in enumerate(lines) if line.lstrip('#') == f' {title}')
    level, fenced, out = lines[start].index(' '), False, []
    for line in lines[start + 1:]:
        fenced ^= line.startswith('```')
        if not fenced and re.match(f'#{{1,{level}}} ', line):
            break
        out.append(re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', line))
    return '\n'.join(out)


def expand(tutti, text):
    def put(match):
        word, *rest = match[1].split(' ')
        if word == 'commands':
            return commands(tutti)
        if word == 'options':
            return options(tutti, rest)
        return section(rest[0], ' '.join(rest[1:]))
    return re.sub(r'^@(.+)@$', put, text, flags=re.MULTILINE)


def main(tutti, source, out):
    text = expand(tutti, pathlib.Path(source).read_text(encoding='utf-8'))
    subprocess.run(['pandoc', '-s', '-f', 'markdown-smart', '-t', 'man', '-o', out], input=text, text=True, check=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
