// A headless Chromium, and pages in it that are watched: no error, no violated policy, no request to elsewhere.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { PAGE_URL, PAGE_BROWSER, PAGE_SHOTS } = process.env;

const FLAGS = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  // Chromium refuses to run its sandbox as root.
  ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
];

/** What a status like 401, or no server, leaves in the console; every other error there fails a test. */
const EXPECTED = /^Failed to load resource: (the server responded|net::ERR_CONNECTION_REFUSED)/;

export class Browser {
  static async launch() {
    const { chromium } = createRequire(join(PAGE_BROWSER, 'package.json'))('playwright-core');
    const executablePath = readFileSync(join(PAGE_BROWSER, 'chromium.txt'), 'utf8');
    return new Browser(await chromium.launch({ executablePath, args: FLAGS, timeout: 60_000 }));
  }

  constructor(browser) {
    this.browser = browser;
  }

  /** A page in a profile of its own, which shows the chat page. */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
    context.setDefaultTimeout(60_000);
    const watched = new Watched(this, context);
    await watched.open();
    return watched;
  }

  close() {
    return this.browser.close();
  }
}

class Watched {
  constructor(browser, context) {
    this.browser = browser;
    this.context = context;
    this.faults = [];
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      const own = origin === new URL(PAGE_URL).origin || protocol === 'blob:';
      if (!own) this.faults.push(`a request to ${request.url()}`);
    });
    context.on('dialog', (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    context.on('weberror', (error) => this.faults.push(error.error().stack));
    context.on('console', (message) => {
      const isFault = message.type() === 'error' && !EXPECTED.test(message.text());
      if (isFault) this.faults.push(`in the console: ${message.text()}`);
    });
  }

  /** One more tab on the page. */
  async open() {
    this.page = await this.context.newPage();
    await this.page.goto(PAGE_URL);
    await this.page.locator('#message').waitFor();
    return this.page;
  }

  /** Fails if there was a fault that was not provoked. */
  check(provoked = []) {
    assert.deepEqual(this.faults.splice(0), provoked);
  }

  picture(name) {
    return this.page.screenshot({ path: join(PAGE_SHOTS, `${name}.png`), animations: 'disabled' });
  }

  close() {
    return this.context.close();
  }
}

/** Sends a message. */
export async function send(page, text) {
  await page.locator('#model:enabled').waitFor();
  await page.fill('#message', text);
  await page.press('#message', 'Enter');
}

/** Sends a message and waits for the end of the answer. */
export async function ask(page, text) {
  await send(page, text);
  return ended(page);
}

/** Waits until the last answer has ended, and returns it. */
export async function ended(page) {
  const last = page.locator('.turn.assistant:last-child');
  await last.locator('[data-action=again]').first().waitFor({ state: 'attached' });
  await page.locator('#stop').waitFor({ state: 'hidden' });
  return last;
}

/** Waits until an element says something. */
export function says(locator, text) {
  return locator.filter({ hasText: text }).waitFor();
}
