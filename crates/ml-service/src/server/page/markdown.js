// Markdown as DOM nodes, block by block: what models write of it, and never any HTML.

import { inline } from './inline.js';

// Quotes and lists within each other; what is deeper is a paragraph.
const DEEPEST = 12;

const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])(?:( +)(.*)|)$/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const MATH = { '$$': '$$', '\\[': '\\]' };

/**
 * A block of text: where it begins, in lines, and how it becomes a node.
 *
 * @typedef {{ from: number, render: (growing: boolean) => Node }} Block
 */

/**
 * The blocks of lines. Lines that are appended change the last block alone.
 *
 * @param {string[]} lines
 * @param {number} [depth]
 * @returns {Block[]}
 */
export function blocks(lines, depth = 0) {
  const found = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].trim() === '') {
      at += 1;
      continue;
    }
    const block = blockAt(lines, at, depth);
    found.push({ from: at, render: block.render });
    at = block.to;
  }
  return found;
}

/**
 * A fragment with all blocks of a text.
 *
 * @param {string} text
 */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  for (const block of blocks(text.split('\n'))) fragment.append(block.render(false));
  return fragment;
}

function blockAt(lines, at, depth) {
  return (
    fence(lines, at) ??
    math(lines, at) ??
    heading(lines, at) ??
    rule(lines, at) ??
    (depth < DEEPEST ? (quote(lines, at, depth) ?? list(lines, at, depth)) : null) ??
    table(lines, at) ??
    paragraph(lines, at)
  );
}

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function fence(lines, at) {
  const opened = FENCE.exec(lines[at]);
  if (!opened) return null;
  const [, indent, marks, info] = opened;
  const closes = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}[ \\t]*$`);
  let to = at + 1;
  while (to < lines.length && !closes.test(lines[to])) to += 1;
  const inside = lines.slice(at + 1, to).map((line) => unindent(line, indent.length));
  const language = info.trim().split(/\s/)[0];
  return { to: to + 1, render: () => code(inside.join('\n'), language) };
}

function code(text, language) {
  const name = element('span', language || 'text');
  const copy = element('button', 'Copy');
  copy.type = 'button';
  copy.className = 'copy-code';
  const pre = element('pre', element('code', text));
  pre.tabIndex = 0;
  pre.role = 'group';
  pre.ariaLabel = language ? `Code in ${language}` : 'Code';
  const figure = element('figure', element('figcaption', name, copy), pre);
  figure.className = 'code';
  return figure;
}

function math(lines, at) {
  const end = MATH[lines[at].trim()];
  if (!end) return null;
  let to = at + 1;
  while (to < lines.length && lines[to].trim() !== end) to += 1;
  const text = lines.slice(at + 1, to).join('\n');
  const render = () => {
    const pre = element('pre', text);
    pre.className = 'math';
    return pre;
  };
  return { to: to + 1, render };
}

function heading(lines, at) {
  const found = HEADING.exec(lines[at]);
  if (!found) return null;
  const text = (found[2] ?? '').replace(/[ \t]+#+[ \t]*$/, '').trim();
  // The page itself has the first two levels.
  const level = Math.min(found[1].length + 2, 6);
  return { to: at + 1, render: (growing) => element(`h${level}`, inline(text, growing)) };
}

function rule(lines, at) {
  return RULE.test(lines[at]) ? { to: at + 1, render: () => element('hr') } : null;
}

function quote(lines, at, depth) {
  let to = at;
  while (to < lines.length && QUOTE.test(lines[to])) to += 1;
  if (to === at) return null;
  const inside = lines.slice(at, to).map((line) => line.replace(QUOTE, ''));
  return { to, render: (growing) => element('blockquote', ...nodes(inside, depth + 1, growing)) };
}

function nodes(lines, depth, growing) {
  const inside = blocks(lines, depth);
  return inside.map((block, index) => block.render(growing && index === inside.length - 1));
}

function list(lines, at, depth) {
  const first = marker(lines[at]);
  if (!first) return null;
  const items = [];
  let loose = false;
  let to = at;
  while (to < lines.length) {
    const mark = marker(lines[to]);
    if (!mark || mark.kind !== first.kind || mark.indent >= first.indent + 2) break;
    if (RULE.test(lines[to])) break;
    const item = itemAt(lines, to, mark);
    const next = item.to < lines.length ? marker(lines[item.to]) : null;
    const goesOn = next?.kind === first.kind && next.indent < first.indent + 2;
    loose ||= item.loose || (item.blanks > 0 && goesOn);
    items.push(item.lines);
    to = item.to;
    if (!goesOn) {
      to -= item.blanks;
      break;
    }
  }
  return { to, render: (growing) => listNode(first, items, { loose, depth, growing }) };
}

function marker(line) {
  const found = ITEM.exec(line);
  if (!found) return null;
  const [, indent, mark, space = ' ', text = ''] = found;
  const ordered = /\d/.test(mark);
  return {
    indent: indent.length,
    kind: ordered ? mark.at(-1) : mark,
    start: ordered ? parseInt(mark, 10) : null,
    // Models indent less than the standard demands: two columns are enough to belong to an item.
    inner: indent.length + 2,
    column: indent.length + mark.length + Math.min(space.length, 4),
    text,
  };
}

function itemAt(lines, at, mark) {
  const inside = [mark.text];
  let blanks = 0;
  let loose = false;
  let fenced = FENCE.test(mark.text);
  let column = null;
  let to = at + 1;
  for (; to < lines.length; to += 1) {
    const line = lines[to];
    if (line.trim() === '') {
      blanks += 1;
      continue;
    }
    const indent = line.length - line.trimStart().length;
    const belongs = indent >= mark.inner;
    const lazy = blanks === 0 && !fenced && !marker(line) && !begins(line);
    if (!belongs && !lazy) break;
    if (belongs) column ??= Math.min(indent, mark.column);
    if (belongs && FENCE.test(line.trimStart())) fenced = !fenced;
    loose ||= blanks > 0 && !fenced && !marker(line);
    for (; blanks > 0; blanks -= 1) inside.push('');
    inside.push(belongs ? unindent(line, column) : line);
  }
  return { lines: inside, to, blanks, loose };
}

function listNode(first, items, { loose, depth, growing }) {
  const node = document.createElement(first.start === null ? 'ul' : 'ol');
  if (first.start !== null && first.start !== 1) node.start = first.start;
  items.forEach((lines, index) => {
    const task = /^\[([ xX])\] (.*)$/s.exec(lines[0]);
    const text = task ? [task[2], ...lines.slice(1)] : lines;
    const inside = nodes(text, depth + 1, growing && index === items.length - 1);
    const item = element('li', ...(loose ? inside : inside.map(tight)));
    if (task) item.prepend(checkbox(task[1] !== ' '));
    node.append(item);
  });
  return node;
}

function tight(node) {
  if (node.nodeName !== 'P') return node;
  const fragment = document.createDocumentFragment();
  fragment.append(...node.childNodes);
  return fragment;
}

function checkbox(checked) {
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.disabled = true;
  box.defaultChecked = checked;
  box.ariaLabel = checked ? 'done' : 'to do';
  return box;
}

function table(lines, at) {
  if (at + 1 >= lines.length || !lines[at].includes('|')) return null;
  if (!lines[at + 1].includes('-') || !TABLE_RULE.test(lines[at + 1])) return null;
  const head = cells(lines[at]);
  const alignments = cells(lines[at + 1]).map(alignment);
  if (head.length !== alignments.length) return null;
  let to = at + 2;
  while (to < lines.length && lines[to].includes('|') && !begins(lines[to])) to += 1;
  const rows = lines.slice(at + 2, to).map(cells);
  return { to, render: () => tableNode(head, rows, alignments) };
}

function cells(line) {
  const inside = line.trim().replace(/^\|/, '').replace(/(^|[^\\])\|$/, '$1');
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function alignment(rule) {
  if (!rule.endsWith(':')) return '';
  return rule.startsWith(':') ? 'center' : 'right';
}

function tableNode(head, rows, alignments) {
  const row = (name, texts) => {
    const node = document.createElement('tr');
    alignments.forEach((align, column) => {
      const cell = element(name, inline(texts[column] ?? ''));
      if (align) cell.className = align;
      node.append(cell);
    });
    return node;
  };
  const body = rows.map((texts) => row('td', texts));
  const node = element('table', element('thead', row('th', head)), element('tbody', ...body));
  const frame = element('div', node);
  frame.className = 'table';
  frame.tabIndex = 0;
  frame.role = 'group';
  frame.ariaLabel = 'Table';
  return frame;
}

function paragraph(lines, at) {
  let to = at + 1;
  while (to < lines.length && lines[to].trim() !== '' && !begins(lines[to])) {
    if (table(lines, to)) break;
    to += 1;
  }
  const text = lines.slice(at, to).map((line) => line.trimStart()).join('\n');
  return { to, render: (growing) => element('p', inline(text.trimEnd(), growing)) };
}

// Whether a line begins a block where a paragraph could go on.
function begins(line) {
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line)) return true;
  if (MATH[line.trim()]) return true;
  const mark = marker(line);
  return mark !== null && mark.text !== '' && (mark.start === null || mark.start === 1 || mark.indent > 0);
}

function unindent(line, columns) {
  let at = 0;
  while (at < columns && line[at] === ' ') at += 1;
  return line.slice(at);
}
