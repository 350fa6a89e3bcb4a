// The browser, and what every look at a view checks: no fault in the console, nothing fetched from elsewhere, axe-core.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = require('axe-core').source;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 860 };

export class Visitor {
  static async start(base, shots) {
    // In a namespace of its own already, where Chromium's sandbox cannot make another one.
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    return new Visitor(browser, base, shots);
  }

  constructor(browser, base, shots) {
    Object.assign(this, { browser, base, shots, faults: [], outage: false });
  }

  async page(options = {}) {
    const page = await this.browser.newPage({ viewport: DESK, ...options });
    page.on('pageerror', (e) => this.faults.push(`error in the page: ${e.message}`));
    page.on('console', (m) => {
      // What is not answered while the daemon is away is no fault.
      if (m.type() === 'error' && !(this.outage && /Failed to load resource|net::/.test(m.text()))) this.faults.push(`console: ${m.text()}`);
    });
    page.on('request', (r) => {
      if (!r.url().startsWith(this.base) && !r.url().startsWith('blob:' + this.base)) this.faults.push(`fetched from elsewhere: ${r.url()}`);
    });
    return page;
  }

  // Light, dark and phone: a picture each, axe-core in the first two, nothing wider than the phone.
  // `theirs`: a part that is not made here.
  async look(page, name, theirs = null) {
    for (const [suffix, scheme, size] of [['', 'light', DESK], ['-dark', 'dark', DESK], ['-phone', 'light', PHONE]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(size);
      await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
      await page.screenshot({ path: `${this.shots}/${name}${suffix}.png` });
      await page.screenshot({ path: `${this.shots}/${name}${suffix}-whole.png`, fullPage: true });
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      if (wide > 0) this.faults.push(`${name}${suffix}: ${wide} pixels wider than the screen`);
      await this.audit(page, name + suffix, theirs);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(DESK);
  }

  async audit(page, name, theirs) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((theirs) => window.axe.run(theirs ? { exclude: theirs } : document, { resultTypes: ['violations'] }), theirs);
    for (const v of violations.filter((x) => ['serious', 'critical'].includes(x.impact)))
      this.faults.push(`${name}: axe: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')}`);
  }
}
