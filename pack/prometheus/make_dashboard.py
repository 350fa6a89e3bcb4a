#!/usr/bin/python3
"""Writes dashboard.json beside this file."""
import json
import pathlib

SOURCE = {'type': 'prometheus', 'uid': '${source}'}


def panel(number, kind, title, queries, x, y, w, h, unit='short', **more):
    targets = [{'refId': chr(65 + i), 'datasource': SOURCE, 'expr': expr, 'legendFormat': legend,
                'instant': kind in ('stat', 'table'), **({'format': 'table'} if kind == 'table' else {})}
               for i, (expr, legend) in enumerate(queries)]
    return {'id': number, 'type': kind, 'title': title, 'datasource': SOURCE, 'targets': targets,
            'gridPos': {'x': x, 'y': y, 'w': w, 'h': h},
            'fieldConfig': {'defaults': {'unit': unit}, 'overrides': []}, 'options': {}, **more}


def tidy_table(hidden):
    return {'transformations': [{'id': 'organize', 'options': {'excludeByName': dict.fromkeys(hidden, True)}}]}


PANELS = [
    panel(1, 'stat', 'Zones', [('sum(tutti_zones)', '')], 0, 0, 4, 4),
    panel(2, 'stat', 'Changing', [('sum(tutti_zones_changing)', '')], 4, 0, 4, 4),
    panel(3, 'stat', 'Alarms', [('sum(tutti_alarms)', '')], 8, 0, 4, 4),
    panel(4, 'stat', 'Paused', [('sum(tutti_zones_paused)', '')], 12, 0, 4, 4),
    panel(5, 'stat', 'Halted', [('max(tutti_halted)', '')], 16, 0, 4, 4),
    panel(6, 'stat', 'Behind', [('max(tutti_queue_behind_seconds)', '')], 20, 0, 4, 4, 's'),
    panel(7, 'table', 'Alarms', [('tutti_zone_alarm == 1', '')], 0, 4, 12, 8,
          **tidy_table(['Time', '__name__', 'Value', 'job'])),
    panel(8, 'table', 'Changes under way: for how long', [('time() - tutti_zone_change_started_seconds', '')],
          12, 4, 12, 8, 's', **tidy_table(['Time', '__name__', 'job'])),
    panel(9, 'timeseries', 'Zones by state', [('sum by (state) (tutti_zones)', '{{state}}')], 0, 12, 12, 8),
    panel(10, 'timeseries', 'Alarms by code', [('sum by (code) (tutti_alarms) > 0', '{{code}}')], 12, 12, 12, 8),
    panel(11, 'timeseries', 'Changes sent, and those that failed, each minute',
          [('60 * sum by (kind) (rate(tutti_actions_total[5m]))', '{{kind}}'),
           ('60 * sum(rate(tutti_action_failures_total[5m]))', 'failed')], 0, 20, 12, 8),
    panel(12, 'timeseries', 'Time of a change of signers, over what caches ask for',
          [('increase(tutti_change_seconds_sum[1d]) / increase(tutti_change_minimum_seconds_total[1d])', 'ratio')],
          12, 20, 12, 8),
    panel(13, 'timeseries', 'A look at a zone takes',
          [('rate(tutti_look_seconds_sum[5m]) / rate(tutti_look_seconds_count[5m])', 'on average')], 0, 28, 12, 8, 's'),
    panel(14, 'timeseries', 'Messages about alarms that wait', [('tutti_alert_outbox', '{{channel}}')], 12, 28, 12, 8),
]

DASHBOARD = {
    'title': 'Tutti', 'uid': 'tutti', 'schemaVersion': 38, 'version': 1, 'editable': True, 'refresh': '30s',
    'time': {'from': 'now-6h', 'to': 'now'}, 'tags': ['dnssec'], 'panels': PANELS,
    'templating': {'list': [{'name': 'source', 'type': 'datasource', 'query': 'prometheus', 'label': 'Prometheus'}]}}

pathlib.Path(__file__).with_name('dashboard.json').write_text(json.dumps(DASHBOARD, indent=1) + '\n', encoding='utf-8')
