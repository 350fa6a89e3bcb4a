#!/usr/bin/python3
"""A registry for the back end exec: a JSON file. exec_registry.py FILE, requests as doc/registry.md has them."""
import json
import os
import sys

path = sys.argv[1]
request = json.load(sys.stdin)
with open(path, encoding="utf-8") as file:
    children = json.load(file)
child = children.get(request["child"])
if child is None:
    sys.exit(1)
if request["action"] == "read":
    print(json.dumps(child))
    sys.exit()
if os.path.exists(path + ".fail"):           # a fault: done, and no answer
    os.remove(path + ".fail")
    fail = True
else:
    fail = False


def sort(items):
    return sorted(items, key=json.dumps)


if any(sort(child[k]) != sort(request["expected"][k]) for k in ("ns", "ds", "glue")):
    print(json.dumps({"state": "conflict", "text": "it is not as expected"}))
    sys.exit()
change = request["change"]
for kind in ("ds", "ns"):
    child[kind] = [x for x in child[kind] if x not in change[kind + "_remove"]] + change[kind + "_add"]
glue = {(g["host"], a) for g in child["glue"] for a in g["addresses"]}
glue -= {(g["host"], a) for g in change["glue_remove"] for a in g["addresses"]}
glue |= {(g["host"], a) for g in change["glue_add"] for a in g["addresses"]}
child["glue"] = [{"host": h, "addresses": sorted(a for o, a in glue if o == h)} for h in sorted({h for h, _ in glue})]
child["ds_ttl"] = change.get("ds_ttl", child["ds_ttl"])
with open(path + ".new", "w", encoding="utf-8") as file:
    json.dump(children, file)
os.replace(path + ".new", path)
with open(path + ".log", "a", encoding="utf-8") as file:
    print(request["id"], file=file)
if fail:
    sys.exit(1)
print(json.dumps({"state": "done", "id": request["id"]}))
