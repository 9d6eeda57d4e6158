// Markdown within a paragraph, as DOM nodes: emphasis, code, links. Text of a model only ever becomes text nodes.

// Deeper emphasis is left as it was written, so that no answer can build a tree that browsers choke on.
const DEEPEST = 12;

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

const PLAIN = /(?:(?!https?:\/\/)[^\\`*_~[\]!<&\n$])+/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/y;
const BREAK = /<br[ \t]*\/?>/iy;
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/iy;
const BARE_LINK = /https?:\/\/[^\s<>"`]+/y;
const TARGET =
  /\([ \t\n]*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))(?:[ \t\n]+(?:"[^"]*"|'[^']*'))?[ \t\n]*\)/y;
const MATH = /\$\$[^$]+\$\$|\\\((?:(?!\\\)).)+\\\)|\\\[(?:(?!\\\])[^])+\\\]/y;
const BACKTICKS = /`+/g;
const SPACE = /\s/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/**
 * The address of a link that may be followed, else null: http, https and mailto alone.
 *
 * @param {string} address
 */
export function safeAddress(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
}

/**
 * A fragment with what the text says. While an answer grows, `**` and a backtick at its end that
 * nothing closes yet count as closed, so that they do not flash up first.
 *
 * @param {string} text
 * @param {boolean} [growing]
 */
export function inline(text, growing = false) {
  return new Inline(text, growing).parse();
}

class Inline {
  constructor(text, growing) {
    this.text = text;
    this.growing = growing;
    this.at = 0;
    this.root = document.createDocumentFragment();
    this.delimiters = [];
    this.brackets = [];
    this.unclosed = new Set();
    this.depths = new WeakMap();
  }

  parse() {
    while (this.at < this.text.length) this.step();
    this.emphasize(0);
    if (this.growing) this.closeStrong();
    this.root.normalize();
    return this.root;
  }

  step() {
    const plain = this.match(PLAIN);
    if (plain) return this.say(plain[0]);
    switch (this.text[this.at]) {
      case '\\':
        return this.backslash();
      case '`':
        return this.code();
      case '*':
      case '_':
      case '~':
        return this.delimiter();
      case '[':
        return this.open('[');
      case '!':
        return this.text[this.at + 1] === '[' ? this.open('![') : this.take(1);
      case ']':
        return this.close();
      case '<':
        return this.angle();
      case '&':
        return this.entity();
      case '\n':
        return this.newline();
      case '$':
        return this.math() || this.take(1);
      default:
        return this.bareLink();
    }
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match;
  }

  say(text) {
    const node = document.createTextNode(text);
    this.root.append(node);
    return node;
  }

  take(length) {
    this.at += length;
    return this.say(this.text.slice(this.at - length, this.at));
  }

  element(name, text, className = '') {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    this.root.append(element);
    return element;
  }

  backslash() {
    if (this.math()) return;
    if (this.text[this.at + 1] === '\n') {
      this.at += 2;
      this.element('br', '');
      return;
    }
    const escaped = this.match(ESCAPED);
    if (escaped) this.say(escaped[1]);
    else this.take(1);
  }

  // Formulas are shown as they are written: nothing in them is Markdown.
  math() {
    const formula = this.match(MATH);
    return formula && this.element('span', formula[0], 'math');
  }

  code() {
    const start = this.at;
    BACKTICKS.lastIndex = start;
    const fence = BACKTICKS.exec(this.text)[0];
    const end = this.closing(fence, start + fence.length);
    if (end === null && !(this.growing && fence.length === 1)) return this.take(fence.length);
    const inside = this.text.slice(start + fence.length, end ?? this.text.length);
    this.at = end === null ? this.text.length : end + fence.length;
    this.element('code', trimOnce(inside.replaceAll('\n', ' ')));
  }

  // Where the backticks are that close a code span. A length that was looked for in vain is not looked for again.
  closing(fence, from) {
    if (this.unclosed.has(fence.length)) return null;
    BACKTICKS.lastIndex = from;
    for (let match; (match = BACKTICKS.exec(this.text)); ) {
      if (match[0].length === fence.length) return match.index;
    }
    this.unclosed.add(fence.length);
    return null;
  }

  delimiter() {
    const mark = this.text[this.at];
    let end = this.at;
    while (this.text[end] === mark) end += 1;
    const before = this.at === 0 ? ' ' : charBefore(this.text, this.at);
    const after = end === this.text.length ? ' ' : String.fromCodePoint(this.text.codePointAt(end));
    const count = end - this.at;
    const node = this.take(count);
    if (mark === '~' && count !== 2) return;
    const left = flanks(after, before);
    const right = flanks(before, after);
    const word = mark === '_';
    this.delimiters.push({
      mark,
      node,
      count,
      length: count,
      opens: left && (!word || !right || PUNCTUATION.test(before)),
      closes: right && (!word || !left || PUNCTUATION.test(after)),
    });
  }

  open(mark) {
    const node = this.take(mark.length);
    this.brackets.push({ node, below: this.delimiters.length, from: this.at });
  }

  close() {
    const node = this.take(1);
    const opened = this.brackets.pop();
    const target = opened && this.match(TARGET);
    if (!target) return;
    const address = safeAddress(target[1] ?? target[2] ?? '');
    if (address === null) {
      this.say(target[0]);
      return;
    }
    this.emphasize(opened.below);
    const link = anchor(address);
    this.wrap(opened.node, node, link);
    // An image is never loaded: it becomes a link to where it is.
    if (!link.firstChild) link.textContent = address;
    opened.node.remove();
    node.remove();
    // No link holds another.
    this.brackets = [];
  }

  angle() {
    if (this.match(BREAK)) return this.element('br', '');
    const link = this.match(ANGLE_LINK);
    const address = link && safeAddress(link[1]);
    if (address) return this.link(address, link[1]);
    return link ? this.say(link[0]) : this.take(1);
  }

  bareLink() {
    const link = this.match(BARE_LINK);
    if (!link) return this.take(1);
    // Punctuation at the end, and a parenthesis that was opened before, belong to the sentence.
    let shown = link[0].replace(/[.,:;!?'*_~\]]+$/u, '');
    if (shown.endsWith(')') && !shown.includes('(')) shown = shown.replace(/[.,:;!?')]+$/u, '');
    this.at -= link[0].length - shown.length;
    const address = safeAddress(shown);
    return address ? this.link(address, shown) : this.say(shown);
  }

  link(address, shown) {
    const link = anchor(address);
    link.textContent = shown;
    this.root.append(link);
  }

  entity() {
    const entity = this.match(ENTITY);
    if (!entity) return this.take(1);
    const [, decimal, hexadecimal, name] = entity;
    if (name) return this.say(ENTITIES[name]);
    const code = decimal ? parseInt(decimal, 10) : parseInt(hexadecimal, 16);
    const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return this.say(valid ? String.fromCodePoint(code) : '\ufffd');
  }

  newline() {
    this.at += 1;
    const last = this.root.lastChild;
    const hard = last?.nodeType === Node.TEXT_NODE && last.data.endsWith('  ');
    if (last?.nodeType === Node.TEXT_NODE) last.data = last.data.replace(/[ \t]+$/, '');
    if (hard) this.element('br', '');
    else this.say('\n');
  }

  // Emphasis between delimiters above a place of the stack, as CommonMark 0.31.2 has it, section 6.2.
  emphasize(below) {
    const stack = this.delimiters;
    const hopeless = new Map();
    for (let at = below; at < stack.length; at += 1) {
      const closer = stack[at];
      while (closer.closes && closer.count > 0) {
        const key = `${closer.mark}${closer.opens}${closer.length % 3}`;
        const bottom = Math.max(below, hopeless.get(key) ?? below);
        let open = at - 1;
        while (open >= bottom && !pairs(stack[open], closer)) open -= 1;
        if (open < bottom) {
          hopeless.set(key, at);
          break;
        }
        if (!this.pair(stack[open], closer)) break;
        for (let between = open + 1; between < at; between += 1) stack[between].count = 0;
      }
    }
    stack.length = below;
  }

  pair(opener, closer) {
    const two = opener.count >= 2 && closer.count >= 2;
    const name = closer.mark === '~' ? 'del' : two ? 'strong' : 'em';
    if (!this.wrap(opener.node, closer.node, document.createElement(name))) {
      closer.count = 0;
      return false;
    }
    for (const delimiter of [opener, closer]) {
      delimiter.count -= two ? 2 : 1;
      delimiter.node.data = delimiter.mark.repeat(delimiter.count);
    }
    return true;
  }

  // Moves what is between two nodes into an element in its place, unless that became too deep.
  wrap(from, to, element) {
    let depth = 0;
    for (let node = from.nextSibling; node !== to; node = node.nextSibling) {
      depth = Math.max(depth, this.depths.get(node) ?? 0);
    }
    if (depth >= DEEPEST) return false;
    while (from.nextSibling !== to) element.append(from.nextSibling);
    from.after(element);
    this.depths.set(element, depth + 1);
    return true;
  }

  closeStrong() {
    const marks = this.root.childNodes;
    for (let at = marks.length - 1; at >= 0; at -= 1) {
      if (marks[at].data !== '**' || !marks[at].nextSibling) continue;
      const end = document.createTextNode('');
      this.root.append(end);
      this.wrap(marks[at], end, document.createElement('strong'));
      marks[at].data = '';
      return;
    }
  }
}

function pairs(opener, closer) {
  if (opener.mark !== closer.mark || !opener.opens || opener.count === 0) return false;
  const either = closer.opens || opener.closes;
  const three = (opener.length + closer.length) % 3 === 0;
  return !(either && three && (opener.length % 3 || closer.length % 3));
}

// Whether a run of delimiters stands directly at a word, here on the side of `near`.
function flanks(near, far) {
  if (SPACE.test(near)) return false;
  return !PUNCTUATION.test(near) || SPACE.test(far) || PUNCTUATION.test(far);
}

function charBefore(text, at) {
  const low = text.charCodeAt(at - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff && at > 1;
  return text.slice(at - (pair ? 2 : 1), at);
}

function trimOnce(code) {
  const padded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== '';
  return padded ? code.slice(1, -1) : code;
}

function anchor(address) {
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.title = address;
  return link;
}
