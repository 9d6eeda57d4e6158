// How the page looks: pictures for people, and what can be measured of it.

import assert from 'node:assert/strict';

import { ask, says, send } from './browser.mjs';

/** The contrast between a text and what is behind it, as WCAG 2.2 defines it. */
const contrasts = (page) =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const rgb = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([red, green, blue]) =>
      [red, green, blue]
        .map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgb(getComputedStyle(at).backgroundColor);
        if (colour[3] === 255) return colour;
      }
      return [255, 255, 255, 255];
    };
    const texts = [...document.querySelectorAll('body *')].filter(
      (element) =>
        element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
        !element.matches(':disabled, .visually-hidden, .skip') &&
        [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()),
    );
    return texts
      .map((element) => {
        const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return { ratio, text: element.textContent.slice(0, 40) };
      })
      .filter(({ ratio }) => ratio < 4.5);
  });

async function readable(page) {
  assert.deepEqual(await contrasts(page), []);
}

async function look(watched, name, options) {
  const other = await watched.browser.page(options);
  const { page } = other;
  await page.locator('#model:enabled').waitFor();
  await other.picture(`${name}-empty`);
  await readable(page);
  await ask(page, 'code');
  await page.locator('#transcript').evaluate((box) => (box.scrollTop = 0));
  await other.picture(`${name}-code`);
  await readable(page);
  await ask(page, 'think first');
  await page.locator('summary').last().click();
  await ask(page, 'fail');
  await other.picture(`${name}-failure`);
  await readable(page);
  await page.click('#open-settings');
  await other.picture(`${name}-settings`);
  await readable(page);
  await page.keyboard.press('Escape');
  other.check();
  return other;
}

export const tests = {
  async 'light, with text that can be read'(_, watched) {
    await (await look(watched, 'light', { colorScheme: 'light' })).close();
  },

  async 'dark, with text that can be read'(_, watched) {
    await (await look(watched, 'dark', { colorScheme: 'dark' })).close();
  },

  async 'a telephone, with nothing beyond its edge'(_, watched) {
    for (const width of [320, 360]) {
      const options = { viewport: { width, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
      const other = await look(watched, `phone-${width}`, options);
      const { page } = other;
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('main > *, .turn, .bubble, #composer, #composer > *')]
          .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth)
          .map((element) => element.className || element.id),
      );
      assert.deepEqual(cut, []);
      await page.click('#open-sidebar');
      await other.picture(`phone-${width}-list`);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'close-sidebar');
      await page.keyboard.press('Escape');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'open-sidebar');
      assert.equal(await page.locator('#sidebar').getAttribute('inert'), '');
      await other.close();
    }
  },

  async 'the switch is stronger than the system, and is kept'(page) {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.click('#open-settings');
    await page.getByLabel('Dark').check();
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await paper(), dark);
  },

  async 'nothing moves while an answer grows'(page) {
    await send(page, 'stall');
    await says(page.locator('.prose'), 'So far');
    const tops = () =>
      page.evaluate(() => ['.bubble', '.prose', '#composer'].map((at) => document.querySelector(at).getBoundingClientRect().top));
    const before = await tops();
    await page.keyboard.press('Escape');
    await says(page.locator('.note'), 'Stopped.');
    assert.deepEqual(await tops(), before);
  },
};
