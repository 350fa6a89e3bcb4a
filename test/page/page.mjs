// What somebody sees and does: run by run.py, which has a lab, a daemon, a parent's agent and a testbed ready.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { PHONE, Visitor } from './browser.mjs';

const { TUTTI_BASE: base, TUTTI_SHOTS: shots, TUTTI_LAB: lab, TUTTI_LAB_CALL: labCall } = process.env;
const tokens = JSON.parse(process.env.TUTTI_TOKENS); // one for each scope, called like it
const token = tokens.admin;
const ZONE = 'zone1.lab.';
const SOON = 10_000;
const PATIENT = 3_000; // on a quiet machine a third of it
const CHANGE = 150_000; // one change of signers with the lab's TTLs, on a busy machine

const visitor = await Visitor.start(base, shots);
let failed = 0;

async function check(name, work) {
  const began = performance.now();
  visitor.faults = [];
  try {
    await work();
    assert.deepEqual(visitor.faults, []);
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (e) {
    failed++;
    console.log(`FAILED  ${name}\n${String(e.stack ?? e).replace(/^/gm, '        ')}`);
  }
}

const api = async (path, options = {}) => {
  const response = await fetch(base + path, { ...options, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
};
// Of a lab: kill, stop, start a server; or fill the daemon's data base.
const server = (operation, name) => execFileSync(labCall, [lab, operation, name]);
const text = (page, what) => page.locator(what).first().innerText();
// Until the page says so. (Playwright's own waitForFunction asks again by eval, which the page's policy forbids.)
async function untilPage(page, says, argument) {
  const end = performance.now() + SOON;
  while (!(await page.evaluate(says, argument))) {
    assert.ok(performance.now() < end, `not so within ${SOON} ms: ${says}`);
    await new Promise((later) => setTimeout(later, 20));
  }
}
const zonePage = `${base}/#/zones/${ZONE}`;

await check('headers: a strict policy, files that are kept for ever, 304', async () => {
  const page = await fetch(base + '/');
  for (const { headers } of [page, await fetch(base + '/docs')]) {
    const policy = headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
  const script = /src="(\/assets\/[^"]+)"/.exec(await page.text())[1];
  const asset = await fetch(base + script);
  assert.match(asset.headers.get('cache-control'), /immutable/);
  const again = await fetch(base + '/', { headers: { 'If-None-Match': page.headers.get('etag') } });
  assert.equal(again.status, 304);
});

// Somebody with that scope, looking at a zone.
async function somebody(scope, zone) {
  const page = await visitor.page();
  await page.goto(`${base}/#token=${tokens[scope]}`);
  await page.getByText(`token:${scope}`).waitFor({ timeout: SOON });
  await page.goto(`${base}/#/zones/${zone}`);
  await page.getByRole('heading', { name: 'What happened' }).waitFor({ timeout: SOON });
  return page;
}
const buttons = async (page) => (await page.locator('[aria-labelledby=h-plan] button').allInnerTexts()).join(' ');
// Until what the daemon says fits.
async function until(what, path, fits, patience = SOON) {
  for (const end = performance.now() + patience; performance.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    const told = await api(path);
    if (fits(told)) return told;
  }
  throw new Error(`${what}: ${JSON.stringify(await api(path)).slice(0, 2000)}`);
}

await check('anonymous: reads, and is offered nothing to press', async () => {
  const page = await visitor.page();
  await page.goto(zonePage);
  await page.getByText('Everything is as wanted').waitFor({ timeout: 60_000 });
  assert.equal(await page.getByRole('button', { name: 'Apply' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
  await page.close();
});

const page = await visitor.page();

await check('the token leaves the address', async () => {
  await page.goto(`${base}/#token=${token}`);
  await page.getByText('live').waitFor({ timeout: SOON });
  assert.doesNotMatch(page.url(), /token/);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('tutti-token')), token);
});

await check('the testbed: the round that runs, its observers, the chart', async () => {
  await page.getByRole('link', { name: 'Testbed' }).click();
  await page.locator('article .observers').first().waitFor({ timeout: CHANGE });
  await page.locator('.uplot canvas').waitFor({ timeout: SOON });
  await visitor.look(page, 'testbed');
  await page.getByRole('link', { name: 'Zones' }).click();
});

await check("the API's description: every route is listed, and can be tried with the token of the tab", async () => {
  await page.getByRole('link', { name: 'API', exact: true }).click();
  await page.locator('.opblock').first().waitFor({ timeout: SOON });
  const { routes } = await api('/v1');
  assert.equal(await page.locator('.opblock').count(), routes.length);
  await visitor.look(page, 'docs', '.swagger-ui');
  const operation = page.locator('#operations-access-whoami');
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  await operation.locator('.live-responses-table').getByText('"token:admin"').waitFor({ timeout: SOON });
  await visitor.look(page, 'docs-tried', '.swagger-ui');
  await page.getByRole('link', { name: 'Tutti', exact: true }).click();
  await page.getByText('live').waitFor({ timeout: SOON });
});

await check('overview: all zones, search, filter, keyboard', async () => {
  await page.locator('[data-index="3"]').waitFor({ timeout: SOON });
  await page.getByPlaceholder('Search by name or reason').fill('zone3');
  assert.equal(await page.locator('[data-index]').count(), 1);
  await page.getByPlaceholder('Search by name or reason').fill('');
  await page.locator('[data-index="0"] a').focus();
  await page.keyboard.press('ArrowDown');
  await untilPage(page, () => document.activeElement.closest('[data-index]')?.dataset.index === '1');
  await page.keyboard.press('Enter');
  await untilPage(page, () => location.hash === '#/zones/zone2.lab.' && document.activeElement.tagName === 'H1');
});

await check('who may what: buttons for those alone who may press them', async () => {
  for (const [scope, offered] of [['read', ''], ['plan', 'Plan'], ['apply', 'Plan Apply Pause'], ['approve', ''], ['admin', 'Plan Apply Pause']]) {
    const other = await somebody(scope, 'zone3.lab.');
    assert.equal(await buttons(other), offered, scope);
    await other.close();
  }
});

await check('two people: one proposes; the other rejects it, then approves it', async () => {
  const zone = 'zone4.lab.';
  const [first, second, reader] = [await somebody('apply', zone), await somebody('approve', zone), await somebody('read', zone)];
  const propose = async () => {
    await first.getByLabel('green').check({ timeout: SOON });
    await first.getByRole('button', { name: 'Apply' }).click();
    await first.getByText('Proposed: a second person has to approve it.').waitFor({ timeout: SOON });
    await second.getByText('Proposed by token:apply').waitFor({ timeout: 2 * SOON });
    assert.deepEqual((await api(`/v1/zones/${zone}`)).members, ['blue'], 'nothing is changed yet');
    const { proposals } = await api('/v1/proposals');
    return proposals.find((p) => p.state === 'open').id;
  };
  const rejected = await propose();
  await first.getByText('Proposed by token:apply').waitFor({ timeout: SOON });
  assert.equal(await buttons(first), 'Plan Apply Pause', 'who proposes does not decide');
  assert.equal(await buttons(reader), '');
  assert.equal(await buttons(second), 'Approve Reject');
  await visitor.look(second, 'proposal');
  await second.getByRole('button', { name: 'Reject' }).click();
  await second.getByText('Proposed by').waitFor({ state: 'detached', timeout: SOON });
  const told = await api(`/v1/proposals/${rejected}`);
  assert.deepEqual([told.state, told.decided_by], ['rejected', 'token:approve']);
  assert.deepEqual((await api(`/v1/zones/${zone}`)).members, ['blue']);

  const approved = await propose();
  await second.getByRole('button', { name: 'Approve' }).click();
  await second.getByText('On its way to blue + green').waitFor({ timeout: SOON });
  assert.equal((await api(`/v1/proposals/${approved}`)).state, 'approved');
  assert.deepEqual((await api(`/v1/zones/${zone}`)).members, ['blue', 'green']);
  for (const other of [first, second, reader]) await other.close();
});

await check('by hand: pause, resume, and one step at a time', async () => {
  const zone = 'zone3.lab.';
  const other = await somebody('apply', zone);
  await other.getByRole('button', { name: 'Pause' }).click();
  await until('it is held', `/v1/zones/${zone}`, (z) => z.paused);
  await other.getByText('Nothing is changed until it is resumed.', { exact: true }).waitFor({ timeout: SOON });
  await other.getByRole('button', { name: 'Resume' }).click();
  await until('it goes on', `/v1/zones/${zone}`, (z) => !z.paused);
  await api(`/v1/zones/${zone}/mode`, { method: 'PUT', body: '{"mode": "manual"}' });
  await other.getByText('By hand, step by step.').waitFor({ timeout: SOON }); // what was pressed before it is shown would be refused
  await other.getByLabel('green').check({ timeout: SOON });
  await other.getByRole('button', { name: 'Apply' }).click();
  const step = other.getByRole('button', { name: 'Carry out this step' });
  await step.waitFor({ timeout: 30_000 });
  await other.getByText('Next, when you say so').waitFor({ timeout: SOON });
  const done = (events) => events.filter((e) => e.kind === 'action').length;
  const path = `/v1/zones/${zone}/history?limit=1000`;
  const before = await until('a step is there to be taken', path, () => true);
  await new Promise((go) => setTimeout(go, 3000));
  assert.equal(done((await api(path)).events), done(before.events), 'nothing is done unasked');
  await visitor.look(other, 'step');
  await step.click();
  const after = await until('the step is carried out', path, (h) => done(h.events) > done(before.events), 30_000);
  assert.equal(after.events.filter((e) => e.kind === 'step').length, 1);
  await api(`/v1/zones/${zone}/mode`, { method: 'PUT', body: '{"mode": "automatic"}' });
  await other.close();
});

await check('a zone: plan, then apply', async () => {
  await page.goto(zonePage);
  await page.getByLabel('green').check({ timeout: SOON });
  await page.getByRole('button', { name: 'Plan' }).click();
  await page.getByText(/changes; done at/).waitFor({ timeout: 60_000 });
  await visitor.look(page, 'plan');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('On its way to blue + green').first().waitFor({ timeout: 60_000 });
});

await check('a zone: what is awaited, and why, as the API says it', async () => {
  await page.locator('.bar.binding').first().waitFor({ timeout: CHANGE });
  const said = await text(page, '.notice.wait p');
  assert.match(said, /caches may still hold/);
  const told = await api(`/v1/zones/${ZONE}/explain`);
  if (told.state === 'wait') {
    assert.ok(told.because.some((r) => said.includes(r.text)), `${said} is none of what the API says`);
    const { content } = told.because[0].awaits;
    assert.ok((await page.locator('.bar.binding').allInnerTexts()).some((t) => t.includes(content.join(' '))), `${content} is marked`);
  }
  assert.ok((await page.locator('.bar.planned').count()) > 0, 'what is planned is drawn');
  assert.ok((await page.locator('.finish').count()) > 0, 'so is the end');
  assert.ok((await page.locator('.until').count()) > 0, 'the end of the wait is marked');
  assert.ok((await page.locator('.bar').count()) >= 8, 'bars of parent, blue and green');
  await visitor.look(page, 'zone');
  await page.locator('.bar[tabindex="0"]').focus();
  const before = await text(page, '.detail');
  await page.keyboard.press('ArrowDown');
  await untilPage(page, (b) => document.querySelector('.detail').innerText !== b, before);
});

await check('overview: a wait is shown with its reason; news come by themselves', async () => {
  const other = await visitor.page();
  await other.goto(base);
  await other.locator('.state.wait, .state.act').first().waitFor({ timeout: SOON });
  await api('/v1/zones/zone4.lab./pause', { method: 'POST', body: '{}' });
  await other.locator('[role=row] .state.paused').waitFor({ timeout: SOON });
  await visitor.look(other, 'zones');
  await api('/v1/zones/zone4.lab./resume', { method: 'POST', body: '{}' });
  await other.locator('[role=row] .state.paused').waitFor({ state: 'detached', timeout: SOON });
  await other.close();
});

await check('the daemon goes: stale since; it comes back: live, and nothing was missed', async () => {
  visitor.outage = true;
  const other = await visitor.page();
  await other.goto(base);
  await other.locator('[data-index="3"]').waitFor({ timeout: SOON });
  server('kill', 'tutti');
  await other.getByText(/stale since \d/).waitFor({ timeout: SOON });
  await visitor.look(other, 'stale');
  server('start', 'tutti');
  await other.getByText('live').waitFor({ timeout: 30_000 });
  await api('/v1/zones/zone3.lab./pause', { method: 'POST', body: '{}' });
  await other.locator('[role=row] .state.paused').waitFor({ timeout: SOON });
  await other.close();
  await page.getByText('live').waitFor({ timeout: SOON });
  visitor.outage = false;
});

await check('a zone: the change ends, with its time over the least time', async () => {
  await page.getByText('Everything is as wanted').waitFor({ timeout: CHANGE });
  await page.getByText('Changes of signers so far').waitFor({ timeout: SOON });
  await visitor.look(page, 'zone-done');
});

await check("the parent's agent: verdicts, and the evidence for a delegation", async () => {
  await page.getByRole('link', { name: 'Parent agent' }).click();
  await page.locator('.verdict').first().waitFor({ timeout: SOON });
  await visitor.look(page, 'agent');
  await page.getByRole('link', { name: ZONE }).first().click();
  await page.getByText('The last judgement, and what it rests on').waitFor({ timeout: SOON });
  assert.ok((await page.locator('tbody tr').count()) > 2, 'a line for each server');
  await visitor.look(page, 'delegation');
});

await check('the testbed: a round that ended, its trace and pictures', async () => {
  await page.getByRole('link', { name: 'Testbed' }).click();
  await page.locator('tbody a').first().waitFor({ timeout: CHANGE });
  await visitor.look(page, 'testbed-ended');
  await page.locator('tbody a').first().click();
  await page.getByText('What the observers saw').waitFor({ timeout: SOON });
  await page.locator('.bar').first().waitFor({ timeout: SOON });
  await page.locator('img').first().evaluate((img) => img.decode()); // throws when it is no picture
  await visitor.look(page, 'round');
});

await check('a wrong token: said so, with a field for a right one', async () => {
  visitor.outage = true; // 401 is in the console
  const other = await visitor.page({ viewport: PHONE });
  await other.goto(`${base}/#token=tutti_wrong`);
  await other.getByText('Who are you?').waitFor({ timeout: SOON });
  await visitor.look(other, 'refused');
  await other.close();
  visitor.outage = false;
});

await check('10,000 zones: on the screen in a moment, and found by name', async () => {
  visitor.outage = true;
  server('stop', 'tutti');
  server('fill', '10000');
  server('start', 'tutti');
  const other = await visitor.page();
  const until = performance.now() + 60_000;
  while (!(await fetch(`${base}/v1/health`).then((r) => r.ok, () => false)) && performance.now() < until) await new Promise((go) => setTimeout(go, 200));
  await other.goto(base);
  await other.locator('[data-index="0"]').waitFor({ timeout: SOON });
  const [paint, row] = await other.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]);
  console.log(`        first paint after ${paint.toFixed(0)} ms, first zones after ${row.toFixed(0)} ms`);
  assert.ok(row < PATIENT, `${row} ms`);
  await other.getByText(/^100\d\d$/).waitFor({ timeout: 60_000 });
  assert.ok((await other.locator('[data-index]').count()) < 80, 'only rows in sight exist');
  await other.getByPlaceholder('Search by name or reason').fill('z04711.');
  await other.getByText('1 of 10004').waitFor({ timeout: SOON });
  await other.getByPlaceholder('Search by name or reason').fill('');
  await visitor.look(other, 'many');
  await other.close();
  visitor.outage = false;
});

await visitor.browser.close();
process.exit(failed ? 1 : 0);
