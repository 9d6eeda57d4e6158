// Shows Markdown that grows: blocks that are complete stay as they are, and only the last is made anew.

import { blocks } from './markdown.js';

export class GrowingMarkdown {
  /**
   * @param {HTMLElement} element takes the blocks
   * @param {(block: Element) => void} [completed] is told of each block that will not change any more
   */
  constructor(element, completed = () => {}) {
    this.element = element;
    this.completed = completed;
    this.settled = 0;
    this.tail = [];
  }

  /**
   * Shows a text that begins with the one before.
   *
   * @param {string} text
   * @param {boolean} ended whether nothing will follow
   */
  show(text, ended) {
    const lines = text.slice(this.settled).split('\n');
    const found = blocks(lines);
    const final = ended ? found.length : this.final(found, lines.length);
    const nodes = found.map((block, index) => block.render(!ended && index === found.length - 1));
    const shown = nodes.map((node, index) => this.put(node, index));
    this.tail.slice(nodes.length).forEach((node) => node.remove());
    shown.slice(0, final).forEach((node) => this.completed(node));
    this.tail = shown.slice(final);
    if (final > 0) this.settled = ended ? text.length : this.settled + length(lines, found[final].from);
  }

  // How many blocks no further text can change: those before the last one that began before the
  // last line, which may not be complete.
  final(found, lines) {
    const begun = found.findLastIndex((block) => block.from < lines - 1);
    return Math.max(begun, 0);
  }

  put(node, index) {
    if (index < this.tail.length) return morph(this.tail[index], node);
    this.element.append(node);
    return node;
  }
}

function length(lines, count) {
  return lines.slice(0, count).reduce((sum, line) => sum + line.length + 1, 0);
}

/**
 * Makes a node equal to another and changes as little as that takes, so that a selection in it and
 * what has the focus stay. Returns the node that is in the document then.
 */
export function morph(old, now) {
  if (old.nodeName !== now.nodeName) {
    old.replaceWith(now);
    return now;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (now.data.startsWith(old.data)) old.appendData(now.data.slice(old.length));
    else old.data = now.data;
    return old;
  }
  for (const name of old.getAttributeNames()) {
    if (!now.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const [before, after] = [[...old.childNodes], [...now.childNodes]];
  after.forEach((child, index) => {
    if (index < before.length) morph(before[index], child);
    else old.append(child);
  });
  before.slice(after.length).forEach((child) => child.remove());
  return old;
}
