#!/usr/bin/python3
"""The test registry's own idea of a right frame (lab/registry/structure.py): right frames pass, and each way of making
them wrong is noticed. With TUTTI_EPP_SCHEMAS (see doc/registry.md) the schemas judge the same frames, and thousands that
are changed at random: where the schemas find fault, so must the table."""
import copy
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lab.registry import structure  # noqa: E402
from lab.registry.frames import Unreadable, dump, parse  # noqa: E402

EPP = 'xmlns="urn:ietf:params:xml:ns:epp-1.0"'
UPDATE = f"""<epp {EPP}><command><update><d:update xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name>child.lab</d:name>
<d:add><d:ns><d:hostObj>ns1.child.lab</d:hostObj></d:ns></d:add><d:rem><d:ns><d:hostObj>ns2.child.lab</d:hostObj></d:ns></d:rem>
</d:update></update><extension><s:update xmlns:s="urn:ietf:params:xml:ns:secDNS-1.1"><s:rem><s:all>true</s:all></s:rem>
<s:add><s:dsData><s:keyTag>12345</s:keyTag><s:alg>13</s:alg><s:digestType>2</s:digestType><s:digest>00AB</s:digest>
</s:dsData></s:add></s:update><t:update xmlns:t="urn:ietf:params:xml:ns:epp:ttl-1.0"><t:ttl for="DS">300</t:ttl></t:update>
</extension><clTRID>ABC-12345</clTRID></command></epp>"""
LOGIN = f"""<epp {EPP}><command><login><clID>ClientX</clID><pw>hunter22</pw><options><version>1.0</version><lang>en</lang>
</options><svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><svcExtension><extURI>urn:x</extURI></svcExtension></svcs>
</login><clTRID>ABC</clTRID></command></epp>"""
HOST = f"""<epp {EPP}><command><update><h:update xmlns:h="urn:ietf:params:xml:ns:host-1.0"><h:name>a.lab</h:name><h:add>
<h:addr ip="v6">2001:db8::1</h:addr></h:add><h:rem><h:addr ip="v4">192.0.2.1</h:addr></h:rem></h:update></update>
<clTRID>ABC</clTRID></command></epp>"""
WRONG = [   # what to replace, by what, what must be said
    (UPDATE, "urn:ietf:params:xml:ns:secDNS-1.1", "urn:ietf:params:xml:ns:secDNS-1.0", "secDNS-1.0"),
    (UPDATE, "<s:rem><s:all>true</s:all></s:rem>", "<s:rem/>", "has the children []"),
    (UPDATE, "<s:all>true</s:all>", "<s:all>yes</s:all>", "'yes'"),
    (UPDATE, "12345</s:keyTag>", "70000</s:keyTag>", "more than 65535"),
    (UPDATE, "00AB", "00A", "digest"),
    (UPDATE, "<s:digestType>2</s:digestType>", "", "keyTag alg digest]"),
    (UPDATE, 'for="DS"', 'for="MX"', "MX"),
    (UPDATE, '<t:ttl for="DS">300</t:ttl>', '<t:ttl for="DS">300</t:ttl><t:ttl for="DS">301</t:ttl>', "TTL twice"),
    (UPDATE, "ABC-12345", "A", "clTRID"),
    (UPDATE, "<d:name>child.lab</d:name>", "", "add rem"),
    (UPDATE, "<d:add><d:ns><d:hostObj>ns1.child.lab</d:hostObj></d:ns></d:add>", "<d:add>x</d:add>", "the text"),
    (LOGIN, "hunter22", "short", "pw"),
    (LOGIN, "<pw>hunter22</pw>", "", "clID options"),
    (HOST, 'ip="v6"', 'ip="v7"', "v7"),
    (HOST, "<clTRID>", "<clTRID x='1'>", "attribute x"),
]


def verdict(xml):
    try:
        structure.check(parse(xml))
    except (structure.Wrong, Unreadable) as error:
        return str(error)
    return ""


def controls():
    for name, text in (("update", UPDATE), ("login", LOGIN), ("host", HOST)):
        if verdict(text.encode()):
            yield f"{name} is right, but: {verdict(text.encode())}"
    for path in sorted((ROOT / "test/fuzz/seeds/epp").glob("*.xml")):
        said = verdict(path.read_bytes())
        if bool(said) != (path.name == "doctype.xml"):
            yield f"{path.name}: {said or 'not noticed'}"
    for text, old, new, expected in WRONG:
        said = verdict(text.replace(old, new).encode())
        if old not in text or expected not in said:
            yield f"{old} -> {new}: must say {expected!r}, says {said!r}"


def changed(root, dice):
    """One random change somewhere: an element dropped, doubled, moved, or given another text."""
    root = copy.deepcopy(root)
    parents = [e for e in root.iter() if len(e)]
    parent = dice.choice(parents)
    at = dice.randrange(len(parent))
    kind = dice.randrange(5)
    if kind == 0:
        del parent[at]
    elif kind == 1:
        parent.insert(at, copy.deepcopy(parent[at]))
    elif kind == 2 and len(parent) > 1:
        moved = parent[at]
        parent.remove(moved)
        parent.insert(dice.randrange(len(parent) + 1), moved)
    elif kind == 3:
        parent[at].text = dice.choice(["", "x", "0", "-1", "70000", "true", "2", "a b"])
    else:
        parent[at].attrib.pop(next(iter(parent[at].attrib), ""), None)
    return root


def by_schemas(folder, frames):
    """{name: is it valid?}, by xmllint."""
    with tempfile.TemporaryDirectory() as place:
        for name, xml in frames.items():
            pathlib.Path(place, name).write_bytes(xml)
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", f"{folder}/all.xsd", *frames], cwd=place,
                              capture_output=True, text=True)
    valid = {line.rsplit(" ", 1)[0] for line in done.stderr.splitlines() if line.endswith(" validates")}
    return {name: name in valid for name in frames}


def against_schemas(folder):
    dice = random.Random(1)
    roots = [ET.fromstring(t) for t in (UPDATE, LOGIN, HOST)]
    roots += [ET.fromstring(p.read_bytes()) for p in sorted((ROOT / "test/fuzz/seeds/epp").glob("*.xml"))
              if p.name not in ("doctype.xml", "change.xml")]
    frames = {f"{i}.xml": dump(changed(dice.choice(roots), dice)) for i in range(3000)}
    found = by_schemas(folder, frames)
    missed = [name for name, valid in found.items() if not valid and not verdict(frames[name])]
    strict = sum(1 for name, valid in found.items() if valid and verdict(frames[name]))
    print(f"{len(frames)} frames: {sum(found.values())} valid by the schemas; the table refuses {strict} of these")
    for name in missed[:10]:
        yield f"the schemas refuse this, and the table does not: {frames[name].decode()}"


def main():
    wrong = list(controls())
    schemas = os.environ.get("TUTTI_EPP_SCHEMAS")
    if schemas:
        wrong += against_schemas(schemas)
    print("\n".join(wrong) if wrong else "structure: nothing to say")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
