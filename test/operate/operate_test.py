#!/usr/bin/python3
"""What operators rely on, by the program that is shipped: metrics, alarms on their way, backups, manual pages, units."""
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TUTTI = ROOT / 'build/release/tutti'
PACK = ROOT / 'pack'
PATIENCE_S = 60
SECRET = b'a secret'
sys.path.insert(0, str(PACK))


def eventually(what, of):
    """The first result of `of` that is something, or a failure that names what was waited for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if (found := of()):
            return found
        time.sleep(0.05)
    raise AssertionError(f'{what}: not within {PATIENCE_S} s')


class Hook:
    """A program that takes webhooks, and answers as it is told."""

    def __init__(self):
        self.got, self.status = [], 200
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                if hook.status == 200:
                    hook.got.append((self.headers['Tutti-Signature'], body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/hook'

    def messages(self):
        return [json.loads(body) for _, body in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Controller:
    """A daemon with a signer and a parent at addresses where nobody answers: it is soon stuck."""

    def __init__(self, folder, hook):
        self.folder, self.daemon = pathlib.Path(folder), None
        (self.folder / 'webhook.secret').write_bytes(SECRET + b'\n')
        (self.folder / 'key').write_text('c2VjcmV0\n')
        os.chmod(self.folder / 'key', 0o600)
        os.chmod(self.folder / 'webhook.secret', 0o600)
        (self.folder / 'tutti.toml').write_text(f'''
[daemon]
socket = "tutti.sock"
database = "tutti.db"
[policy]
patience = "1s"
[alerts]
webhook = "{hook.url}"
webhook_secret = {{ file = "webhook.secret" }}
mail_to = "noc@example"
mail_from = "Tutti <tutti@example>"
mail_command = "cat >>'{folder}/mail'"
[signer.blue]
driver = "rfc2136"
servers = ["127.0.0.1:9"]
ns = ["ns.blue.example."]
tsig = {{ name = "x.", secret = {{ file = "key" }} }}
[parent.test]
driver = "rfc2136"
servers = ["127.0.0.1:9"]
tsig = {{ name = "x.", secret = {{ file = "key" }} }}
''')

    def run(self, *command, ok=True):
        done = subprocess.run([TUTTI, *command], capture_output=True, text=True, check=False, timeout=PATIENCE_S,
                              env={**os.environ, 'TUTTI_SOCKET': str(self.folder / 'tutti.sock')})
        if ok and done.returncode != 0:
            raise AssertionError(f'{command}: {done.stderr}')
        return done

    def copies(self, verb, file, *options, ok=True):
        return self.run(verb, str(self.folder / file), '--config', str(self.folder / 'tutti.toml'), *options, ok=ok)

    def start(self):
        log = (self.folder / 'log').open('ab')
        self.daemon = subprocess.Popen([TUTTI, 'serve', '--config', self.folder / 'tutti.toml'], stderr=log)
        log.close()
        eventually('the daemon answers', lambda: self.run('zone', 'list', ok=False).returncode == 0)

    def stop(self, how=signal.SIGTERM):
        if self.daemon:
            self.daemon.send_signal(how)
            self.daemon.wait(PATIENCE_S)
            self.daemon = None

    def add(self, zone):
        self.run('zone', 'add', zone, '--parent', 'test', '--signers', 'blue', '--no-probe')


class WithDaemon(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='tutti-operate-')
        self.addCleanup(folder.cleanup)
        self.hook = Hook()
        self.addCleanup(self.hook.close)
        self.c = Controller(folder.name, self.hook)
        self.addCleanup(self.c.stop, signal.SIGKILL)
        self.c.start()

    def stuck(self, zone):
        return [m for m in self.hook.messages() if m['zone'] == zone and m['code'] == 'wait-stuck']


class Alarms(WithDaemon):
    def test_an_alarm_is_signed_mailed_counted_and_survives_kills(self):
        self.c.add('one.example.')
        eventually('the webhook of one.example.', lambda: self.stuck('one.example.'))
        header, body = self.hook.got[0]
        t, v1 = re.fullmatch(r't=(\d+),v1=([0-9a-f]{64})', header).groups()
        self.assertEqual(v1, hmac.new(SECRET, t.encode() + b'.' + body, hashlib.sha256).hexdigest())
        self.assertLess(abs(time.time() - int(t)), 300)
        self.assertEqual(self.stuck('one.example.')[0]['kind'], 'alarm')
        mail = eventually('a mail', lambda: (self.c.folder / 'mail').exists() and (self.c.folder / 'mail').read_text())
        self.assertIn('Subject: one.example.: wait-stuck\n', mail)
        explained = json.loads(self.c.run('explain', 'one.example.', '-o', 'json').stdout)
        self.assertIn('wait-stuck', [a['code'] for a in explained['alarms']])
        self.assertIn('tutti_zone_alarm{zone="one.example.",code="wait-stuck"', self.c.run('metrics').stdout)

        self.hook.status = 503
        self.c.add('two.example.')
        eventually('a failed delivery',
                   lambda: re.search(r'failures_total{channel="webhook"} [1-9]', self.c.run('metrics').stdout))
        self.c.stop(signal.SIGKILL)
        self.hook.status = 200
        self.c.start()
        eventually('the webhook of two.example.', lambda: self.stuck('two.example.'))
        self.assertEqual(len(self.stuck('one.example.')), 1)
        ids = [m['id'] for m in self.hook.messages()]
        self.assertEqual(ids, sorted(ids))

    def test_secrets_are_not_in_the_log(self):
        self.c.add('one.example.')
        eventually('the webhook', lambda: self.stuck('one.example.'))
        self.c.stop()
        log = (self.c.folder / 'log').read_bytes()
        self.assertNotIn(SECRET, log)
        self.assertNotIn(b'c2VjcmV0', log)


class Copies(WithDaemon):
    def test_backup_while_it_runs_and_restore_paused(self):
        for zone in ('one.example.', 'two.example.'):
            self.c.add(zone)
        self.assertIn('2 zones', self.c.copies('backup', 'copy').stdout)
        self.assertEqual((self.c.folder / 'copy').stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.c.copies('backup', 'copy', ok=False).returncode, 1)
        refused = self.c.copies('restore', 'copy', '--force', ok=False)
        self.assertIn('another tutti', refused.stderr)
        self.c.run('zone', 'remove', 'two.example.')
        self.c.stop()
        self.assertIn('--force', self.c.copies('restore', 'copy', ok=False).stderr)
        self.c.copies('restore', 'copy', '--force')
        self.c.start()
        shown = json.loads(self.c.run('zone', 'show', 'two.example.', '-o', 'json').stdout)
        self.assertTrue(shown['paused'])
        history = json.loads(self.c.run('history', 'two.example.', '-o', 'json').stdout)
        self.assertIn('restored from a backup', [e['text'] for e in history['events'] if e['kind'] == 'paused'][-1])
        self.c.run('resume', 'two.example.')


def documented():
    """The metrics in the tables of doc/metrics.md."""
    rows = re.findall(r'^\| (`tutti_[^|]*) \|', (ROOT / 'doc/metrics.md').read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r'tutti_\w+', row)}


def used(text):
    """The metrics that a query or a rule names, without what a summary adds."""
    return {re.sub(r'_(sum|count)$', '', name) for name in re.findall(r'\btutti_\w+', text)}


class Metrics(WithDaemon):
    def test_promtool_and_the_documentation_agree(self):
        self.c.add('one.example.')
        text = self.c.run('metrics').stdout
        done = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ''))
        shown = set(re.findall(r'^# HELP (\w+)', text, re.MULTILINE))
        self.assertEqual(shown, {n for n in documented() if not n.startswith('tutti_parent_')})

    def test_rules_and_dashboard_name_what_there_is(self):
        done = subprocess.run(['promtool', 'check', 'rules', PACK / 'prometheus/alerts.yml'], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rules = (PACK / 'prometheus/alerts.yml').read_text()
        board = json.loads((PACK / 'prometheus/dashboard.json').read_text())
        queries = ' '.join(t['expr'] for p in board['panels'] for t in p['targets'])
        self.assertTrue(used(rules) and used(queries))
        self.assertEqual(used(rules) - documented(), set())
        self.assertEqual(used(queries) - documented(), set())
        codes = set(re.findall(r'^\| `([a-z-]+)` \|', (ROOT / 'doc/metrics.md').read_text(), re.MULTILINE))
        named = set(re.findall(r'[a-z-]+', ' '.join(re.findall(r'code=~?"([^"]*)"', rules))))
        self.assertEqual(named - codes, set())
        counted = set(re.findall(r'tutti_alarms{code="([^"]*)"}', self.c.run('metrics').stdout))
        self.assertEqual(counted, codes - {'scan-behind'})


class Agent(unittest.TestCase):
    def test_the_agents_metrics_are_as_documented(self):
        with tempfile.TemporaryDirectory(prefix='tutti-operate-') as folder:
            out = pathlib.Path(folder) / 'agent.prom'
            (out.parent / 'list').write_text('c1.example. NS ns.c1.example. 127.0.0.1\n')
            (out.parent / 'parent.toml').write_text(f'''
[parent.registry]
driver = "zonefile"
zone = "example."
servers = ["127.0.0.1:9"]
directory = "{folder}"
[parent-agent]
zone = "example."
registry = "registry"
database = "parent.db"
list = "{folder}/list"
lookup = false
allow_addresses = ["127.0.0.0/8"]
metrics = "agent.prom"
''')
            with (out.parent / 'log').open('wb') as log:
                agent = subprocess.Popen([TUTTI, 'parent', 'serve', '--config', out.parent / 'parent.toml'], stderr=log)
            try:
                eventually('metrics of the agent', out.exists)
            finally:
                agent.terminate()
                agent.wait(PATIENCE_S)
            text = out.read_text()
        done = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ''))
        shown = set(re.findall(r'^# HELP (\w+)', text, re.MULTILINE))
        self.assertEqual(shown, {n for n in documented() if n.startswith('tutti_parent_')})
        self.assertIn('tutti_parent_children 1\n', text)


class Pages(unittest.TestCase):
    def test_manual_pages_have_every_command_and_option(self):
        import man  # pylint: disable=import-outside-toplevel
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / 'page'
            for page in ('tutti.1', 'tutti-parent.1', 'tutti.toml.5'):
                man.main(str(TUTTI), ROOT / f'doc/man/{page}.md', str(out))
                text = out.read_text().replace('\\', '')
                self.assertIn('.SH DESCRIPTION', text)
                if page == 'tutti.1':
                    for name, _ in man.said(str(TUTTI), [])['Subcommands']:
                        self.assertIn(f'.SS tutti {name}\n', text)
                        for option, _ in man.said(str(TUTTI), [name]).get('Options', []):
                            word = re.search(r'--[\w-]+', option)[0]
                            self.assertTrue(word in text or word.startswith('--help'), f'{name} {word}')

    def test_units_are_hardened(self):
        for unit in ('tutti', 'tutti-parent'):
            done = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager',
                                   PACK / f'systemd/{unit}.service'], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)


if __name__ == '__main__':
    os.environ['PYTHONDONTWRITEBYTECODE'] = '1'
    sys.dont_write_bytecode = True
    unittest.main()
