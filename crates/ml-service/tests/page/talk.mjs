// Asking, reading and stopping; errors; alternatives.

import assert from 'node:assert/strict';

import { ask, ended, says, send } from './browser.mjs';

const last = (page) => page.locator('.turn.assistant:last-child');

export const tests = {
  async 'an answer streams, is drawn and is measured'(page) {
    const answer = await ask(page, 'capital of France');
    assert.equal(await answer.locator('.prose').innerText(), 'The capital is Paris.');
    assert.equal(await answer.locator('strong').innerText(), 'Paris');
    assert.match(await answer.locator('.measures').innerText(), /^5 tokens · ([\d.]+ tokens\/s · )?first after/);
    assert.equal(await page.title(), 'capital of France – ml');
    assert.equal(await page.inputValue('#message'), '');
  },

  async 'what was thought is folded and not sent again'(page) {
    const answer = await ask(page, 'think first');
    assert.equal(await answer.locator('.prose').innerText(), 'Done.');
    const thought = answer.locator('.thought');
    assert.equal(await thought.isVisible(), false);
    assert.match(await answer.locator('summary').innerText(), /^Thought for /);
    await answer.locator('summary').click();
    assert.equal(await thought.innerText(), 'Let me see.');
    const [request] = await Promise.all([
      page.waitForRequest(/completions/),
      ask(page, 'and now'),
    ]);
    const { messages } = request.postDataJSON();
    assert.deepEqual(messages, [
      { role: 'user', content: 'think first' },
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'and now' },
    ]);
  },

  async 'reasoning in a field of its own is folded too'(page) {
    const chunk = (delta) => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
    const body = `${chunk({ reasoning_content: 'Hm.' })}${chunk({ content: 'Yes.' })}data: [DONE]\n\n`;
    await page.route(/completions/, (route) => route.fulfill({ contentType: 'text/event-stream', body }));
    const answer = await ask(page, 'reason');
    assert.equal(await answer.locator('.prose').innerText(), 'Yes.');
    assert.equal(await answer.locator('.thought').textContent(), 'Hm.');
  },

  async 'Escape stops and keeps what came'(page) {
    await send(page, 'stall');
    await says(last(page).locator('.prose'), 'So far');
    assert.equal(await page.locator('#send').isVisible(), false);
    await page.keyboard.press('Escape');
    const answer = await ended(page);
    assert.equal(await answer.locator('.prose').innerText(), 'So far so good');
    assert.equal(await answer.locator('.note').innerText(), 'Stopped.');
  },

  async 'the button stops too and leaves the focus in the message box'(page) {
    await send(page, 'stall');
    await says(last(page).locator('.prose'), 'So far');
    await page.focus('#stop');
    await page.keyboard.press('Enter');
    await ended(page);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
  },

  async 'an error in the middle is shown beneath what came, and can be tried again'(page) {
    const answer = await ask(page, 'fail');
    assert.equal(await answer.locator('.prose').innerText(), 'It began');
    assert.match(await answer.locator('.failure p').innerText(), /out of memory/);
    await answer.getByRole('button', { name: 'Try again' }).click();
    await says(last(page).locator('.alternatives'), '2 / 2');
  },

  async 'a stream that just ends is no answer'(page) {
    const body = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Half' } }] })}\n\n`;
    await page.route(/completions/, (route) => route.fulfill({ contentType: 'text/event-stream', body }));
    const answer = await ask(page, 'cut');
    assert.equal(await answer.locator('.prose').innerText(), 'Half');
    assert.match(await answer.locator('.failure').innerText(), /ended before the answer/);
  },

  async 'a server that cannot be reached is said'(page) {
    await page.route(/completions/, (route) => route.abort('connectionrefused'));
    const answer = await ask(page, 'anything');
    assert.match(await answer.locator('.failure').innerText(), /cannot be reached/);
  },

  async 'a server that loads its model is waited for'(page) {
    let refusals = 0;
    await page.route(/completions/, (route) => {
      refusals += 1;
      if (refusals > 2) return route.continue();
      const json = { error: { message: 'the model is loading: 40 %' } };
      return route.fulfill({ status: 503, headers: { 'Retry-After': '0' }, json });
    });
    await send(page, 'capital of France');
    await says(last(page).locator('.pending'), 'loading: 40 %');
    const answer = await ended(page);
    assert.equal(await answer.locator('.prose').innerText(), 'The capital is Paris.');
  },

  async 'waiting for a server can be stopped'(page) {
    const json = { error: { message: 'the model is loading' } };
    const loading = { status: 503, headers: { 'Retry-After': '60' }, json };
    await page.route(/completions/, (route) => route.fulfill(loading));
    await send(page, 'capital of France');
    await says(last(page).locator('.pending'), 'loading');
    await page.keyboard.press('Escape');
    await says(last(page).locator('.note'), 'Stopped.');
  },

  async 'an edited message starts anew and the old one stays reachable'(page) {
    await ask(page, 'capital of France');
    await ask(page, 'and now');
    const first = page.locator('.turn.user').first();
    await first.hover();
    await first.getByRole('button', { name: 'Edit' }).click();
    const editor = page.getByRole('textbox', { name: 'Edit the message' });
    assert.equal(await editor.inputValue(), 'capital of France');
    await editor.fill('think first');
    await editor.press('Enter');
    await ended(page);
    assert.equal(await page.locator('.turn').count(), 2);
    await says(page.locator('.turn.user .alternatives'), '2 / 2');
    await page.getByRole('button', { name: 'Previous version' }).click();
    assert.deepEqual(await page.locator('.bubble').allInnerTexts(), ['capital of France', 'and now']);
    assert.equal(await page.locator('.turn').count(), 4);
    await page.getByRole('button', { name: 'Next version' }).click();
    assert.deepEqual(await page.locator('.bubble').allInnerTexts(), ['think first']);
  },

  async 'an edit can be taken back'(page) {
    await ask(page, 'capital of France');
    await page.locator('.turn.user').hover();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Edit the message' }).fill('something else');
    await page.keyboard.press('Escape');
    assert.deepEqual(await page.locator('.bubble').allInnerTexts(), ['capital of France']);
    assert.equal(await page.locator('.turn').count(), 2);
  },

  async 'a second answer stands beside the first'(page) {
    await ask(page, 'capital of France');
    await page.getByRole('button', { name: 'Answer again' }).click();
    await says(last(page).locator('.alternatives'), '2 / 2');
    await ended(page);
    await page.getByRole('button', { name: 'Previous version' }).click();
    await says(last(page).locator('.alternatives'), '1 / 2');
    assert.equal(await page.locator('.turn').count(), 2);
  },

  async 'settings reach the server'(page) {
    await page.click('#open-settings');
    await page.fill('#system', 'Be brief.');
    await page.getByLabel('Temperature').fill('0.5');
    await page.getByLabel('Max tokens').fill('2');
    await page.getByLabel('Seed').fill('7');
    await page.getByRole('button', { name: 'Save' }).click();
    const [request] = await Promise.all([page.waitForRequest(/completions/), ask(page, 'capital of France')]);
    const { model, messages, temperature, max_tokens, seed, top_p } = request.postDataJSON();
    assert.deepEqual(
      { model, temperature, max_tokens, seed, top_p },
      { model: 'talker', temperature: 0.5, max_tokens: 2, seed: 7, top_p: undefined },
    );
    assert.deepEqual(messages[0], { role: 'system', content: 'Be brief.' });
    assert.match(await last(page).locator('.note').innerText(), /limit of tokens/);
  },

  async 'what the model cannot do is said in the words of the server'(page) {
    await page.click('#open-settings');
    await page.getByLabel('Top p').fill('0.5');
    await page.getByRole('button', { name: 'Save' }).click();
    const answer = await ask(page, 'capital of France');
    assert.match(await answer.locator('.failure').innerText(), /top_p/);
  },

  async 'a value that no server takes is not saved'(page) {
    await page.click('#open-settings');
    await page.getByLabel('Temperature').fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    assert.equal(await page.locator('#settings').isVisible(), true);
    await page.keyboard.press('Escape');
    await page.click('#open-settings');
    assert.equal(await page.getByLabel('Temperature').inputValue(), '');
  },

  async 'an answer goes on while another conversation is on the screen'(page) {
    await send(page, 'stall');
    await says(last(page).locator('.prose'), 'So far');
    await page.click('#new');
    await ask(page, 'capital of France');
    await page.locator('#conversations .open', { hasText: 'stall' }).click();
    assert.equal(await page.locator('#stop').isVisible(), true);
    await page.keyboard.press('Escape');
    const answer = await ended(page);
    assert.equal(await answer.locator('.note').innerText(), 'Stopped.');
  },
};
