// What becomes of Markdown, of what looks like it, and of text that means harm.

import assert from 'node:assert/strict';

import { ask } from './browser.mjs';

const LINK = (href, text) =>
  `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow" title="${href}">${text}</a>`;

const CASES = [
  ['plain', '<p>plain</p>'],
  ['two\nlines', '<p>two\nlines</p>'],
  ['one\n\ntwo', '<p>one</p><p>two</p>'],
  ['a  \nb\\\nc', '<p>a<br>b<br>c</p>'],
  ['**b** *i* ***both*** ~~d~~ `c`', '<p><strong>b</strong> <em>i</em> <em><strong>both</strong></em> <del>d</del> <code>c</code></p>'],
  ['snake_case_name 2 * 3 * 4 ** 5', '<p>snake_case_name 2 * 3 * 4 ** 5</p>'],
  ['**a *b* c** _d_', '<p><strong>a <em>b</em> c</strong> <em>d</em></p>'],
  ['\\*no\\* \\`no\\`', '<p>*no* `no`</p>'],
  ['`` a ` b `` `*x*`', '<p><code>a ` b</code> <code>*x*</code></p>'],
  ['&lt;b&gt; &amp; &#65; &#x42; &unknown;', '<p>&lt;b&gt; &amp; A B &amp;unknown;</p>'],
  ['# One\n## Two ##\n####### Seven', '<h3>One</h3><h4>Two</h4><p>####### Seven</p>'],
  ['a\n---\nb', '<p>a</p><hr><p>b</p>'],
  ['> q\n> r\n\nafter', '<blockquote><p>q\nr</p></blockquote><p>after</p>'],
  ['- a\n- b\n  - c\n- d', '<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>'],
  ['1. a\n2. b\n\n   more\n3. c', '<ol><li><p>a</p></li><li><p>b</p><p>more</p></li><li><p>c</p></li></ol>'],
  ['7. seven\n8. eight', '<ol start="7"><li>seven</li><li>eight</li></ol>'],
  ['text\n- item', '<p>text</p><ul><li>item</li></ul>'],
  ['- a\n\ntext', '<ul><li>a</li></ul><p>text</p>'],
  ['The year\n1984. It was', '<p>The year\n1984. It was</p>'],
  ['[x](https://e.org/a_b "t")', `<p>${LINK('https://e.org/a_b', 'x')}</p>`],
  ['[**x** y](https://e.org/(a))', `<p>${LINK('https://e.org/(a)', '<strong>x</strong> y')}</p>`],
  ['see https://e.org/a, (https://e.org/b).', `<p>see ${LINK('https://e.org/a', 'https://e.org/a')}, (${LINK('https://e.org/b', 'https://e.org/b')}).</p>`],
  ['![alt](https://e.org/i.png)', `<p>${LINK('https://e.org/i.png', 'alt')}</p>`],
  ['[relative](page.html) [x]', '<p>[relative](page.html) [x]</p>'],
  ['\\(a_1 * b_1\\) and $$x_1*y*z$$, 5 $ or 6 $', '<p><span class="math">\\(a_1 * b_1\\)</span> and <span class="math">$$x_1*y*z$$</span>, 5 $ or 6 $</p>'],
  ['a<br>b', '<p>a<br>b</p>'],
  ['- [ ] open\n- [x] done', '<ul><li><input type="checkbox" disabled="" aria-label="to do">open</li><li><input type="checkbox" disabled="" checked="" aria-label="done">done</li></ul>'],
  [
    '| a | b |\n|---|:-:|\n| 1 \\| 2 | *x* |\n\nafter',
    '<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr><th>a</th><th class="center">b</th></tr></thead>' +
      '<tbody><tr><td>1 | 2</td><td class="center"><em>x</em></td></tr></tbody></table></div><p>after</p>',
  ],
  ['a | b\nc | d', '<p>a | b\nc | d</p>'],
  ['$$\nx < y\n$$', '<pre class="math">x &lt; y</pre>'],
];

const code = (language, text) =>
  `<figure class="code"><figcaption><span>${language || 'text'}</span><button type="button" class="copy-code">Copy</button></figcaption>` +
  `<pre tabindex="0" role="group" aria-label="${language ? `Code in ${language}` : 'Code'}"><code>${text}</code></pre></figure>`;

CASES.push(
  ['```rust\nlet a = "*";\n```\nafter', `${code('rust', 'let a = "*";')}<p>after</p>`],
  ['~~~\n```\n~~~', code('', '```')],
  ['````\n```\n````', code('', '```')],
  ['```\nunclosed\n\n  end', code('', 'unclosed\n\n  end')],
  ['1. a\n   ```py\n   if x:\n       y\n   ```\n2. b', `<ol><li>a${code('py', 'if x:\n    y')}</li><li>b</li></ol>`],
);

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)><style>*{display:none}</style>',
  '<iframe src="javascript:alert(1)"></iframe><base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example/">',
  '<details open ontoggle=alert(1)><form action=https://evil.example><input name=x><button>go',
  '[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x]( javascript:alert(1)) [x](java\tscript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>) [x](vbscript:x) [x](file:///etc/passwd) [x](blob:https://e.org/1)',
  '[x](<javascript:alert(1)>) <javascript:alert(1)> [x](//evil.example) [x](&#106;avascript:alert(1))',
  '[x](https://e.org/"onmouseover="alert(1)) [x](https://e.org/ "t\\" onclick=\\"alert(1)")',
  '![x](https://evil.example/pixel.png) ![](javascript:alert(1)) [![x](https://evil.example/a)](https://evil.example/b)',
  '```"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```',
  '```js onload=alert(1)\n1\n```',
  '| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |',
  '# <script>alert(1)</script>\n> <b onclick=alert(1)>x</b>\n- <a href="javascript:alert(1)">x</a>',
  '&lt;script&gt;alert(1)&lt;/script&gt; &#0; &#x110000; &#xd800;',
  '\u202e[x](https://e.org)\u202c\u0000\u2028',
  '*'.repeat(20_000),
  '**a '.repeat(5_000),
  `${'**a '.repeat(3_000)}${'b** '.repeat(3_000)}`,
  '*a **b '.repeat(3_000),
  `${'*a'.repeat(3_000)}${'*'.repeat(3_000)}`,
  '['.repeat(20_000),
  '[a]('.repeat(5_000),
  `${'['.repeat(3_000)}x${'](https://e.org)'.repeat(3_000)}`,
  '> '.repeat(5_000) + 'deep',
  Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- x`).join('\n'),
  Array.from({ length: 400 }, (_, length) => '`'.repeat(length + 1)).join(' '),
  '_a_'.repeat(5_000),
  '<'.repeat(20_000),
  '\\['.repeat(5_000),
  '$$'.repeat(5_001),
  '| '.repeat(3_000) + '\n' + '|-'.repeat(3_000),
  'https://e.org/'.repeat(3_000),
  '&#'.repeat(10_000),
];

const ELEMENTS =
  'A BLOCKQUOTE BR BUTTON CODE DEL DIV EM FIGCAPTION FIGURE H3 H4 H5 H6 HR INPUT LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL';
const ATTRIBUTES =
  'href target rel title class tabindex role aria-label type disabled checked start';

export const tests = {
  async 'Markdown becomes the elements that it means'(page) {
    const html = await page.evaluate(async (texts) => {
      const { markdown } = await import('/page/markdown.js');
      return texts.map((text) => {
        const box = document.createElement('div');
        box.append(markdown(text));
        return box.innerHTML;
      });
    }, CASES.map(([text]) => text));
    CASES.forEach(([text, expected], index) => assert.equal(html[index], expected, text));
  },

  async 'text that grows letter by letter ends as it would have come at once'(page) {
    const differing = await page.evaluate(async (texts) => {
      const { markdown } = await import('/page/markdown.js');
      const { GrowingMarkdown } = await import('/page/growing.js');
      return texts.filter((text) => {
        const [grown, whole] = [document.createElement('div'), document.createElement('div')];
        whole.append(markdown(text));
        const growing = new GrowingMarkdown(grown);
        for (let end = 1; end <= text.length; end += 1) growing.show(text.slice(0, end), false);
        growing.show(text, true);
        return !grown.isEqualNode(whole);
      });
    }, [...CASES.map(([text]) => text), CASES.map(([text]) => text).join('\n\n')]);
    assert.deepEqual(differing, []);
  },

  async 'what is on the screen stays while more comes, and so does a selection in it'(page) {
    const result = await page.evaluate(async () => {
      const { GrowingMarkdown } = await import('/page/growing.js');
      const box = document.createElement('div');
      document.body.append(box);
      const growing = new GrowingMarkdown(box);
      growing.show('- one **two**\n- th', false);
      const [list, strong] = [box.firstChild, box.querySelector('strong')];
      getSelection().selectAllChildren(strong);
      growing.show('- one **two**\n- three\n\n```\na', false);
      const pre = box.querySelector('code').firstChild;
      growing.show('- one **two**\n- three\n\n```\na\nb', false);
      const selected = getSelection().toString();
      const same = box.firstChild === list && box.querySelector('code').firstChild === pre;
      return { same, selected, code: pre.data };
    });
    assert.deepEqual(result, { same: true, selected: 'two', code: 'a\nb' });
  },

  async 'no text becomes anything but harmless elements'(page) {
    const faults = await page.evaluate(
      async ([texts, elements, attributes]) => {
        const { markdown } = await import('/page/markdown.js');
        const faults = [];
        for (const text of texts) {
          const box = document.createElement('div');
          box.append(markdown(text));
          document.body.append(box);
          const said = JSON.stringify(text.slice(0, 60));
          let depth = 0;
          for (const node of box.querySelectorAll('*')) {
            if (!elements.includes(node.nodeName)) faults.push(`${said}: ${node.nodeName}`);
            for (const { name, value } of node.attributes) {
              if (!attributes.includes(name)) faults.push(`${said}: ${name}`);
              if (name === 'href' && !/^(https?:\/\/|mailto:)/.test(value)) faults.push(`${said}: ${value}`);
            }
            if (node.nodeName === 'BUTTON' && node.type !== 'button') faults.push(`${said}: a submit button`);
            for (let above = node, level = 0; above !== box; above = above.parentNode) depth = Math.max(depth, ++level);
          }
          if (depth > 60) faults.push(`${said}: ${depth} elements deep`);
          box.remove();
        }
        return faults;
      },
      [HOSTILE, ELEMENTS.split(' '), ATTRIBUTES.split(' ')],
    );
    assert.deepEqual(faults, []);
  },

  async 'an answer that means harm is text'(page) {
    const answer = await ask(page, 'hostile');
    const text = await answer.locator('.prose').innerText();
    assert.ok(text.includes('<img src=x onerror=alert(1)>'), text);
    assert.ok(text.includes('[x](javascript:alert(1))'), text);
    assert.equal(await answer.locator('.prose :is(img, script, iframe)').count(), 0);
  },

  async 'a message of the user is text as well'(page) {
    await ask(page, '<b>bold</b> **no**');
    assert.equal(await page.locator('.bubble').innerText(), '<b>bold</b> **no**');
    assert.equal(await page.locator('#conversations .open').innerText(), '<b>bold</b> **no**');
  },

  async 'a page that wrote HTML would be stopped by its policy'(page, watched) {
    const stopped = await page.evaluate(() => {
      try {
        document.createElement('div').innerHTML = '<b>x</b>';
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    });
    assert.equal(stopped, true);
    const said = "This document requires 'TrustedHTML' assignment. The action has been blocked.";
    watched.check([`in the console: ${said}`]);
  },

  async 'code is copied as it is'(page, { context }) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const answer = await ask(page, 'code');
    await answer.getByRole('button', { name: 'Copy', exact: true }).first().click();
    await answer.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'fn main() {\n    let x = 1 < 2;\n}');
  },
};
