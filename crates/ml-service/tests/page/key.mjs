// A server that asks for an API key.

import assert from 'node:assert/strict';

import { ask, says } from './browser.mjs';

async function give(page, key) {
  await page.locator('#key').waitFor();
  await page.fill('#key-field', key);
  await page.getByRole('button', { name: 'Use the key' }).click();
}

export const tests = {
  async 'a key is asked for, kept for the tab, and stored nowhere else'(page, watched) {
    await give(page, 'wrong');
    await says(page.locator('#key-reason'), 'the API key is wrong');
    await give(page, 'sk-right');
    const answer = await ask(page, 'capital of France');
    assert.match(await answer.locator('.prose').innerText(), /Paris/);
    await page.reload();
    await page.locator('#model:enabled').waitFor();
    assert.equal(await page.locator('#key').isVisible(), false);
    const stored = await page.evaluate(async () => {
      const databases = await indexedDB.databases();
      return JSON.stringify([{ ...localStorage }, document.cookie, databases, location.href]);
    });
    assert.ok(!stored.includes('sk-right'), stored);
    const other = await watched.open();
    await other.locator('#key').waitFor();
  },

  async 'whoever gives none is told what is wrong, and can try again'(page) {
    await page.locator('#key').waitFor();
    await page.keyboard.press('Escape');
    await says(page.locator('#trouble'), 'API key');
    await page.getByRole('button', { name: 'Try again' }).click();
    await give(page, 'sk-right');
    await page.locator('#model:enabled').waitFor();
    await page.locator('#trouble').waitFor({ state: 'hidden' });
  },

  async 'a key that is forgotten is asked for when it is needed, and the question is answered then'(page) {
    await give(page, 'sk-right');
    await page.locator('#model:enabled').waitFor();
    await page.click('#open-settings');
    await page.click('#forget-key');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.fill('#message', 'capital of France');
    await page.keyboard.press('Enter');
    await give(page, 'sk-right');
    await says(page.locator('.prose'), 'Paris');
    assert.equal(await page.locator('.turn').count(), 2);
  },
};
