// The page by keyboard, and what a screen reader is told.

import assert from 'node:assert/strict';

import { ask, ended, says, send } from './browser.mjs';

const focused = (page) =>
  page.evaluate(() => document.activeElement.id || document.activeElement.ariaLabel || document.activeElement.innerText);

export const tests = {
  async 'Enter sends, Shift+Enter begins a line, and a word being composed is not sent'(page) {
    await page.locator('#model:enabled').waitFor();
    assert.equal(await focused(page), 'message');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.evaluate(() => {
      const options = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true };
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', options));
    });
    assert.equal(await page.locator('.turn').count(), 0);
    await page.keyboard.press('Enter');
    await ended(page);
    assert.equal(await page.locator('.bubble').innerText(), 'one\ntwo');
    assert.equal(await focused(page), 'message');
  },

  async 'an empty message is not sent'(page) {
    await send(page, '  \n ');
    assert.equal(await page.locator('.turn').count(), 0);
  },

  async 'Tab goes through the page in the order of reading, and shows where it is'(page) {
    await ask(page, 'capital of France');
    await page.focus('.skip');
    const order = [await focused(page)];
    for (let step = 0; step < 13; step += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused(page));
      const shown = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const inBox = document.activeElement.matches('#message');
        return inBox || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
      });
      assert.equal(shown, true, `the focus is not seen on ${order.at(-1)}`);
    }
    assert.deepEqual(order, [
      'Skip to the message box',
      'new',
      'capital of France',
      'Delete “capital of France”',
      'model',
      'open-settings',
      'open-actions',
      'transcript',
      'Edit',
      'Copy',
      'Copy',
      'Answer again',
      'message',
      'send',
    ]);
  },

  async 'a message is edited by keyboard alone'(page) {
    await ask(page, 'capital of France');
    await page.locator('[data-action=edit]').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('think first');
    await page.keyboard.press('Enter');
    await says(page.locator('.prose'), 'Done.');
  },

  async 'Escape closes a dialog or a menu without stopping the answer'(page) {
    await send(page, 'stall');
    await says(page.locator('.prose'), 'So far');
    for (const opener of ['#open-settings', '#open-actions']) {
      await page.click(opener);
      await page.keyboard.press('Escape');
      assert.equal(await page.locator('#stop').isVisible(), true);
      assert.equal(await focused(page), opener.slice(1));
    }
    await page.keyboard.press('Escape');
    await ended(page);
  },

  async 'an answer is read out by paragraphs, not by tokens'(page) {
    const spoken = page.locator('#announcer p');
    await ask(page, 'paragraphs');
    assert.deepEqual(await spoken.allTextContents(), ['First part.', 'A block of code.', 'Last part.']);
    assert.equal(await page.locator('#announcer').getAttribute('role'), 'log');
    assert.equal(await page.locator('#transcript').getAttribute('aria-live'), null);
  },

  async 'everything that can be used has a name'(page) {
    await ask(page, 'code');
    await page.click('#open-settings');
    const nameless = await page.evaluate(() => {
      const named = (element) =>
        element.ariaLabel || element.labels?.length || element.textContent.trim() || element.title;
      const controls = document.querySelectorAll('button, input, select, textarea, a, [tabindex], [role]');
      const used = [...controls].filter((element) => element.checkVisibility() && element.role !== 'status');
      return used.filter((element) => !named(element)).map((element) => element.outerHTML.slice(0, 80));
    });
    assert.deepEqual(nameless, []);
    const headings = await page.locator('article h2').allTextContents();
    assert.deepEqual(headings, ['You', 'talker']);
  },
};
