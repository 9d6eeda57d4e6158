// A real model.

import assert from 'node:assert/strict';

import { ask } from './browser.mjs';

export const tests = {
  async 'it answers, with measures'(page, watched) {
    await page.click('#open-settings');
    await page.fill('#system', 'You are a helpful assistant.');
    await page.getByRole('button', { name: 'Save' }).click();
    const answer = await ask(page, 'What is the capital of France?');
    assert.match(await answer.locator('.prose').innerText(), /Paris/);
    assert.match(await answer.locator('.measures').innerText(), /^\d+ tokens · /);
    await watched.picture('real');
  },
};
