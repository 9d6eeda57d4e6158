// Conversations that are kept, opened again, exported and deleted.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { ask, says } from './browser.mjs';

const titles = (page) => page.locator('#conversations .open').allInnerTexts();

async function exported(page, button) {
  await page.click('#open-actions');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

export const tests = {
  async 'a conversation is there again after a reload'(page) {
    await ask(page, 'think first');
    await page.reload();
    await says(page.locator('.prose'), 'Done.');
    assert.equal(await page.locator('.thought').textContent(), 'Let me see.');
    assert.match(await page.locator('.measures').innerText(), /^5 tokens/);
    assert.deepEqual(await titles(page), ['think first']);
  },

  async 'the latest conversation is first, and each opens'(page) {
    await ask(page, 'capital of France');
    await page.click('#new');
    await ask(page, 'and now');
    assert.deepEqual(await titles(page), ['and now', 'capital of France']);
    await page.locator('#conversations .open').last().click();
    await says(page.locator('.prose'), 'Paris');
    assert.equal(await page.locator('#conversations [aria-current=page]').innerText(), 'capital of France');
  },

  async 'what is deleted is gone, unless it is taken back'(page) {
    await ask(page, 'capital of France');
    await page.click('#open-actions');
    await page.click('#delete');
    await page.locator('#conversations li').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.turn').count(), 0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await says(page.locator('.prose'), 'Paris');
    assert.deepEqual(await titles(page), ['capital of France']);
    await page.hover('#conversations li');
    await page.getByRole('button', { name: 'Delete “capital of France”' }).click();
    await page.locator('#conversations li').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('#model:enabled').waitFor();
    assert.deepEqual(await titles(page), []);
  },

  async 'all can be deleted, but not by one click'(page) {
    await ask(page, 'capital of France');
    await page.click('#open-settings');
    await page.click('#delete-all');
    assert.deepEqual(await titles(page), ['capital of France']);
    await page.getByRole('button', { name: 'Really delete all?' }).click();
    await page.locator('#conversations li').waitFor({ state: 'detached' });
  },

  async 'exports have what was said'(page) {
    await ask(page, 'think first');
    const markdown = await exported(page, '#export-markdown');
    assert.equal(markdown.name, 'think-first.md');
    assert.equal(markdown.text, '# think first\n\n## You\n\nthink first\n\n## talker\n\n> Let me see.\n\nDone.\n');
    const json = await exported(page, '#export-json');
    assert.equal(json.name, 'think-first.json');
    const [conversation] = JSON.parse(json.text).conversations;
    assert.deepEqual(conversation.turns.map(({ role }) => role), ['root', 'user', 'assistant']);
    assert.equal(conversation.turns[2].usage.completion_tokens, 5);
  },

  async 'all together have a bound; beyond it the conversation goes on and is not kept'(page) {
    await ask(page, 'capital of France');
    await page.evaluate(async () => {
      const opened = indexedDB.open('ml-chat');
      await new Promise((resolve) => (opened.onsuccess = resolve));
      const writing = opened.result.transaction('summaries', 'readwrite');
      writing.objectStore('summaries').put({ id: 'big', title: 'big', updated: 0, size: 100_000_000 });
      await new Promise((resolve) => (writing.oncomplete = resolve));
    });
    const answer = await ask(page, 'capital of France, again');
    assert.match(await answer.locator('.prose').innerText(), /Paris/);
    await says(page.locator('#trouble'), 'no room left');
    await page.hover('#conversations li:last-child');
    await page.getByRole('button', { name: 'Delete “big”' }).click();
    await ask(page, 'and now');
    await page.locator('#trouble').waitFor({ state: 'hidden' });
  },

  async 'a browser that has no room says so'(page) {
    // No browser can be told to have none: its refusal is imitated as the standard has it.
    await page.evaluate(() => {
      const error = new DOMException('full', 'QuotaExceededError');
      Object.defineProperty(IDBTransaction.prototype, 'error', { get: () => error });
      IDBObjectStore.prototype.put = function () {
        if (this.name === 'summaries') this.transaction.abort();
      };
    });
    const answer = await ask(page, 'capital of France');
    assert.match(await answer.locator('.prose').innerText(), /Paris/);
    await says(page.locator('#trouble'), 'no room left');
  },

  async 'a browser that keeps nothing says so, and the page works'(page, watched) {
    await watched.context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('no', 'SecurityError');
      };
    });
    await page.reload();
    await says(page.locator('#memory-only'), 'gone when it is closed');
    await ask(page, 'capital of France');
    await page.click('#new');
    await page.locator('#conversations .open').click();
    await says(page.locator('.prose'), 'Paris');
  },

  async 'two tabs see the same conversations'(page, watched) {
    await ask(page, 'capital of France');
    const second = await watched.open();
    await says(second.locator('#conversations'), 'capital of France');
    await second.locator('#conversations .open').click();
    await says(second.locator('.prose'), 'Paris');
    await ask(page, 'and now');
    await says(second.locator('.bubble'), 'and now');
    await page.click('#open-actions');
    await page.click('#delete');
    await second.locator('#conversations li').waitFor({ state: 'detached' });
  },
};
