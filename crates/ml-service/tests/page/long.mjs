// Long answers and long conversations: where they are scrolled, and that no work is done twice.

import assert from 'node:assert/strict';

import { ask, ended, says, send } from './browser.mjs';

const fromEnd = (page) =>
  page.evaluate(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.getElementById('transcript');
    return scrollHeight - scrollTop - clientHeight;
  });

export const tests = {
  async 'an answer of thousands of tokens is drawn once, block by block'(page) {
    await page.evaluate(() => {
      window.added = 0;
      const count = (node) => 1 + [...node.childNodes].reduce((sum, child) => sum + count(child), 0);
      new MutationObserver((records) => {
        for (const { addedNodes } of records) for (const node of addedNodes) window.added += count(node);
      }).observe(document.getElementById('turns'), { childList: true, subtree: true });
    });
    const answer = await ask(page, 'long');
    assert.match(await answer.locator('.measures').innerText(), /^8000 tokens/);
    const { added, shown } = await page.evaluate(() => {
      const walker = document.createTreeWalker(document.getElementById('turns'));
      let shown = 0;
      while (walker.nextNode()) shown += 1;
      return { added: window.added, shown };
    });
    assert.ok(shown > 1000, `${shown} nodes`);
    assert.ok(added < shown * 1.5, `${added} nodes were added to show ${shown}`);
  },

  async 'it is followed to its end, unless its reader scrolls up'(page) {
    await ask(page, 'long');
    assert.ok((await fromEnd(page)) <= 1);
    await page.hover('#transcript');
    await page.mouse.wheel(0, -600);
    await page.locator('#latest').waitFor();
    const held = await fromEnd(page);
    await page.locator('#turns').evaluate((turns) => turns.append('one more line'));
    assert.ok((await fromEnd(page)) >= held);
    await page.click('#latest');
    await page.locator('#latest').waitFor({ state: 'hidden' });
    assert.ok((await fromEnd(page)) <= 1);
  },

  async 'while an answer comes, a reader who scrolled up stays there'(page) {
    await ask(page, 'long');
    await send(page, 'stall');
    await says(page.locator('.prose').last(), 'So far');
    assert.ok((await fromEnd(page)) <= 1);
    await page.hover('#transcript');
    await page.mouse.wheel(0, -600);
    await page.locator('#latest').waitFor();
    const place = await page.evaluate(() => document.getElementById('transcript').scrollTop);
    await page.keyboard.press('Escape');
    await ended(page);
    assert.equal(await page.evaluate(() => document.getElementById('transcript').scrollTop), place);
  },

  async 'a conversation of a hundred messages opens at its end and goes on'(page) {
    for (let count = 0; count < 50; count += 1) await ask(page, `capital of France, ${count}`);
    await page.reload();
    await says(page.locator('.bubble').last(), '49');
    assert.equal(await page.locator('.turn').count(), 100);
    assert.ok((await fromEnd(page)) <= 1);
    const kept = await page.locator('.turn').nth(50).elementHandle();
    await ask(page, 'and now');
    assert.equal(await kept.evaluate((turn) => turn.isConnected), true);
  },
};
