// Runs the tests of one file in a headless Chromium: node run.mjs FILE. What it needs is in the environment.
//
// PAGE_URL: the server; PAGE_BROWSER: the folder with playwright-core and chromium.txt; PAGE_SHOTS: where pictures go.

import { Browser } from './browser.mjs';

const { tests } = await import(`./${process.argv[2]}.mjs`);
const browser = await Browser.launch();
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  const watched = await browser.page();
  try {
    await test(watched.page, watched);
    watched.check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
    await watched.picture(`failed-${process.argv[2]}-${failed}`).catch(() => {});
  }
  await watched.close();
}
await browser.close();
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
