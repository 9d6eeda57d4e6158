// A conversation as a tree: an edited message or a new answer stands beside the old one, and nothing is lost.

/**
 * A turn of a conversation. `outcome` is how an answer ended: null while it comes, else `stop`,
 * `length`, `stopped` (by the user), or `failed` with `error`.
 *
 * @typedef {{
 *   id: number, parent: number | null, children: number[], selected: number,
 *   role: 'root' | 'user' | 'assistant', text: string, at: number, thoughts?: string,
 *   thoughtFor?: number, model?: string, outcome?: string | null, error?: string,
 *   usage?: object, first?: number, rate?: number,
 * }} Turn
 */

/** A conversation without a turn, with the settings it is held with. */
export function create(settings) {
  const now = Date.now();
  return {
    id: identifier(),
    title: '',
    created: now,
    updated: now,
    settings: { ...settings },
    turns: [turn(0, null, { role: 'root', text: '' })],
  };
}

// Where a page is not served securely, browsers have no randomUUID.
function identifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function turn(id, parent, fields) {
  return { id, parent, children: [], selected: 0, at: Date.now(), ...fields };
}

/** Adds a turn after another and selects it. */
export function add(conversation, parent, fields) {
  const added = turn(conversation.turns.length, parent.id, fields);
  conversation.turns.push(added);
  parent.selected = parent.children.length;
  parent.children.push(added.id);
  conversation.title ||= fields.role === 'user' ? titleOf(fields.text) : '';
  conversation.updated = Date.now();
  return added;
}

function titleOf(text) {
  const line = text.trim().split('\n')[0];
  const letters = Array.from(line);
  return letters.length > 60 ? `${letters.slice(0, 59).join('').trimEnd()}…` : line;
}

export function root(conversation) {
  return conversation.turns[0];
}

export function parentOf(conversation, turn) {
  return conversation.turns[turn.parent];
}

/** The selected turns, in their order. */
export function path(conversation) {
  const turns = [];
  for (let at = root(conversation); at.children.length > 0; ) {
    at = conversation.turns[at.children[at.selected]];
    turns.push(at);
  }
  return turns;
}

/** Which one of how many alternatives a turn is, counted from 1. */
export function place(conversation, turn) {
  const { children } = parentOf(conversation, turn);
  return { number: children.indexOf(turn.id) + 1, count: children.length };
}

/** Selects the alternative that is so many places away, and returns it. */
export function select(conversation, turn, offset) {
  const parent = parentOf(conversation, turn);
  const wanted = parent.children.indexOf(turn.id) + offset;
  parent.selected = Math.min(Math.max(wanted, 0), parent.children.length - 1);
  return conversation.turns[parent.children[parent.selected]];
}

/** The messages for the server, up to and with a turn. What was thought is not sent. */
export function messages(conversation, last) {
  const turns = path(conversation);
  const sent = turns.slice(0, turns.indexOf(last) + 1).filter((turn) => turn.text !== '');
  const { system } = conversation.settings;
  const opening = system ? [{ role: 'system', content: system }] : [];
  return [...opening, ...sent.map((turn) => ({ role: turn.role, content: turn.text }))];
}
