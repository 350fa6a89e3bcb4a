#!/usr/bin/python3
"""How fast `tutti scan` is, beside what the machine allows: ./dev bench scan [--quick].

Signed zones behind NSD, the server on one core and the client on another. In one run and in turn: dnsperf (the rate of a
tool that only sends a file and counts), `openssl speed` (signatures that one core can verify), and the scan of a list in
which no child, 1 %, or every child is to change, with 1, 2 and 4 name servers each. Medians; ratios are to
what was measured just before each scan. Then a million delegations, for memory.

Where all are to change, two bars are shown. "/openssl": verifications a second, to those of `openssl speed` on the same
core. The rules demand four for each child: DNSKEY, CDS and CDNSKEY by the key that the DS of today has, and DNSKEY by the
key that the new DS refers to; each content counts once, however many servers send it. But CDS, CDNSKEY and DNSKEY must
also be asked for at each address, by the same core. "best" is the most that "/openssl" could be if each query cost no more
than dnsperf's and nothing else cost anything; "/both" is how near to that the scan is. dnsperf only counts answers, with
its server busy on the other core, so its rate is not the least that a query can cost: "/both" may be above 1."""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / 'build' / 'release'
NET, PORT = '127.1.0.', 5399
KEPT = 20 * 86400  # seconds; signatures are good for 30 days
SHARES = {'a': 0.0, 'b': 0.01, 'c': 1.0}
TELLS = {'a': 'nothing to change', 'b': '1 % to change', 'c': 'all to change'}


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--children', type=int, default=100_000, help='zones behind the server (100000)')
    p.add_argument('--changing', type=int, default=20_000, help='children in the lists where all are to change (20000)')
    p.add_argument('--runs', type=int, default=5, help='rounds, of which the medians are shown (5)')
    p.add_argument('--million', type=int, default=1_000_000, help='delegations of the run for memory (1000000); 0: none')
    p.add_argument('--quick', action='store_true', help='1000 children, one round, 20000 delegations: does it work at all?')
    p.add_argument('-o', '--output', choices=('text', 'json'), default='text')
    o = p.parse_args()
    if o.quick:
        o.children, o.changing, o.runs, o.million = 1000, 1000, 1, 20_000
    return o


def cores():
    """Core of the client, core of the server; None where there is but one."""
    mine = sorted(os.sched_getaffinity(0))
    return (mine[0], mine[1]) if len(mine) > 1 else (None, None)


def pinned(core, command):
    return command if core is None else ['taskset', '-c', str(core), *command]


def zones(children):
    folder = ROOT / 'build' / 'bench' / f'scan-{children}'
    made = folder / 'made'
    if not made.exists() or time.time() - made.stat().st_mtime > KEPT:
        print(f'bench: making {children} signed zones in {folder}', file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([RELEASE / 'bench' / 'make_zones', folder, str(children), NET, str(PORT)], check=True)
        # A million children that are one zone: every name in it has nothing to publish.
        (folder / 'wildcard').write_text('many.bench. 300 IN SOA ns1.oper.bench. a.bench. 1 2 3 4 5\n'
                                         'many.bench. 300 IN NS ns1.oper.bench.\n*.many.bench. 300 IN TXT "here"\n')
        with open(folder / 'nsd.conf', 'a', encoding='ascii') as f:
            f.write(f'zone:\n  name: "many.bench"\n  zonefile: "{folder}/wildcard"\n')
        made.touch()
    return folder


def write_lists(folder, o):
    """One list for each share and number of servers; and the questions for dnsperf."""
    rows = [line.rstrip('\n').split(' ', 1) for line in open(folder / 'children', encoding='ascii')]
    lists = {}
    for case, share in SHARES.items():
        some = rows[:o.changing] if case == 'c' else rows
        every = round(1 / share) if share else 0
        for servers in (1, 2, 4):
            lists[case, servers] = folder / f'list.{case}.{servers}'
            with open(lists[case, servers], 'w', encoding='ascii') as f:
                for i, (name, ds) in enumerate(some):
                    old, new = ds.split(' / ')
                    for k in range(1, servers + 1):
                        f.write(f'{name} NS ns{k}.oper.bench.' + (f' {NET}{k}\n' if i == 0 else '\n'))
                    f.write(f'{name} DS {old if every and i % every == 0 else new}\n')
    with open(folder / 'questions', 'w', encoding='ascii') as f:
        f.writelines(f'{name} CDS\n' for name, _ in rows)
    return lists


@contextlib.contextmanager
def server(folder, core):
    log = folder / 'nsd.log'
    with open(log, 'w', encoding='ascii') as out:
        nsd = subprocess.Popen(pinned(core, ['/usr/sbin/nsd', '-d', '-c', str(folder / 'nsd.conf')]), stdout=out,
                               stderr=subprocess.STDOUT)
    try:
        for _ in range(1200):
            if 'nsd started' in log.read_text():
                break
            if nsd.poll() is not None:
                sys.exit(f'bench: NSD does not start: see {log}')
            time.sleep(0.1)
        else:
            sys.exit(f'bench: NSD is not ready after two minutes: see {log}')
        yield
    finally:
        nsd.terminate()
        nsd.wait()


def dnsperf(folder, core):
    out = subprocess.run(pinned(core, ['dnsperf', '-s', NET + '1', '-p', str(PORT), '-d', str(folder / 'questions'), '-n',
                                       '2', '-T', '1', '-c', '1', '-q', '100', '-e', '-D']), capture_output=True, text=True,
                         check=True).stdout
    return float(re.search(r'Queries per second:\s+([\d.]+)', out)[1])


def openssl_speed(core):
    out = subprocess.run(pinned(core, ['openssl', 'speed', '-seconds', '1', 'ecdsap256']), capture_output=True, text=True,
                         check=True).stdout
    return float(out.split()[-1])


def scan(core, source, text=None, more=()):
    """One scan: its summary, with CPU seconds and peak memory of the process."""
    command = pinned(core, [str(RELEASE / 'tutti'), 'scan', '--list', str(source), '--no-lookup', '--allow-address',
                            '127.0.0.0/8', '--port', str(PORT), '--per-address', '0', '--in-flight', '0', '-o', 'json',
                            '--quiet', *more])
    # To a file: to read along would take a core that is measured.
    with tempfile.TemporaryFile('w+', encoding='utf-8') as result:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, input=text, stdout=result, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        result.seek(0)
        out = json.loads(collections.deque(result, 1)[0])['summary']
    out['cpu'] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return out


def round_of(folder, lists, core, results):
    for (case, servers), path in lists.items():
        raw, speed = dnsperf(folder, core), openssl_speed(core)
        results.setdefault('dnsperf', []).append(raw)
        results.setdefault('openssl', []).append(speed)
        # (c) as it is by default; (a) and (b) at every address, although one answer would be enough for most.
        got = scan(core, path, more=() if case == 'c' else ('--every-address',))
        expected = {'a': 0, 'b': -(-got['children'] // 100), 'c': got['children']}[case]
        if got['decisions']['accept'] != expected or got['children'] != sum(got['decisions'].values()):
            sys.exit(f'bench: ({case}), {servers} servers: {expected} children should change: {got}')
        results.setdefault((case, servers), []).append(got | ratios(got, raw, speed))


def ratios(got, raw, speed):
    """To what was measured just before: machines have quick and slow minutes."""
    # What one core needs at least: to send and receive as dnsperf does, to verify as openssl speed does.
    verifying = got['verifications'] / speed
    least = got['queries'] / raw + verifying
    return {'to_dnsperf': got['queries'] / got['seconds'] / raw, 'to_openssl': verifying / got['seconds'],
            'best_to_openssl': verifying / least, 'to_both': least / got['seconds']}


def figures(results):
    """Medians and ratios, as a document."""
    raw, speed = statistics.median(results['dnsperf']), statistics.median(results['openssl'])
    out = {'dnsperf_qps': raw, 'openssl_verify_per_s': speed, 'load': os.getloadavg()[0], 'scans': []}
    for key, got in results.items():
        if isinstance(key, str):
            continue
        case, servers = key
        mid = {k: statistics.median(g[k] for g in got) for k in ('seconds', 'queries', 'verifications', 'children', 'cpu')}
        qps, vps = mid['queries'] / mid['seconds'], mid['verifications'] / mid['seconds']
        out['scans'].append({
            'case': case, 'servers': servers, 'children_per_s': mid['children'] / mid['seconds'], 'qps': qps,
            'queries_per_child_and_address': mid['queries'] / mid['children'] / servers,
            'cpu_us_per_child': 1e6 * mid['cpu'] / mid['children'], 'verifications_per_s': vps,
            'verifications_per_child': mid['verifications'] / mid['children'],
            **{k: statistics.median(g[k] for g in got)
               for k in ('to_dnsperf', 'to_openssl', 'best_to_openssl', 'to_both')}})
    return out


def show(f):
    print(f"dnsperf {f['dnsperf_qps']:,.0f} queries/s; openssl speed {f['openssl_verify_per_s']:,.0f} P-256 verifications/s; "
          f"load {f['load']:.1f}\n")
    print(f"{'':22}{'servers':>8}{'children/s':>12}{'queries/s':>11}{'q/child,addr':>14}{'CPU us/child':>14}"
          f"{'/dnsperf':>10}{'ver/child':>11}{'/openssl':>10}{'best':>6}{'/both':>7}")
    for s in f['scans']:
        print(f"({s['case']}) {TELLS[s['case']]:18}{s['servers']:>8}{s['children_per_s']:>12,.0f}{s['qps']:>11,.0f}"
              f"{s['queries_per_child_and_address']:>14.2f}{s['cpu_us_per_child']:>14.1f}{s['to_dnsperf']:>10.2f}"
              f"{s['verifications_per_child']:>11.2f}{s['to_openssl']:>10.2f}{s['best_to_openssl']:>6.2f}{s['to_both']:>7.2f}")
    if 'million' in f:
        m = f['million']
        print(f"\n{m['children']:,} delegations: {m['peak_mb']:.0f} MB at most, {m['seconds']:.1f} s, {m['qps']:,.0f} queries/s")


def million(core, count):
    """Two servers each, of a thousand operators, and a DS."""
    def lines():
        for i in range(count):
            op = i * 7919 % 1000
            first = i < 1000
            for k in (1, 2):
                yield f'd{i}.many.bench. NS ns{k}.op{op}.bench.' + (f' {NET}{k}\n' if first else '\n')
            yield f'd{i}.many.bench. DS {i % 65536} 13 2 {i:064x}\n'
    got = scan(core, '-', ''.join(lines()))
    return {'children': got['children'], 'peak_mb': got['peak_kb'] / 1024, 'seconds': got['seconds'],
            'qps': got['queries'] / got['seconds']}


def main():
    o = options()
    client, serving = cores()
    folder = zones(o.children)
    lists = write_lists(folder, o)
    results = {}
    with server(folder, serving):
        for i in range(o.runs):
            print(f'bench: round {i + 1} of {o.runs}', file=sys.stderr)
            round_of(folder, lists, client, results)
        out = figures(results)
        if o.million:
            out['million'] = million(client, o.million)
    if o.output == 'json':
        print(json.dumps(out, indent=2))
    else:
        show(out)


main()
