// Conversations in the browser's own database, with a bound on all of them together.

const DATABASE = 'ml-chat';

/** How many characters all conversations may have together, as JSON. */
const BOUND = 100_000_000;

/** Why a conversation could not be kept. */
export class StoreError extends Error {}

const FULL =
  'There is no room left in the browser: this conversation is not kept any more. ' +
  'Export it, or delete others.';

/**
 * The store; where the browser allows none (some private windows), conversations are kept as long
 * as the page is open.
 */
export async function openStore() {
  try {
    return new Store(await open());
  } catch {
    return new Memory();
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('conversations', { keyPath: 'id' });
      request.result.createObjectStore('summaries', { keyPath: 'id' });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new StoreError('The database is in use.'));
  });
}

class Store {
  isLasting = true;

  constructor(database) {
    this.database = database;
    // Another version of the page may need to change the database.
    database.onversionchange = () => database.close();
  }

  /** What is known of each conversation without reading it, the latest first. */
  async list() {
    return latestFirst(await this.read('summaries', (store) => store.getAll()));
  }

  /** A conversation, or undefined. */
  load(id) {
    return this.read('conversations', (store) => store.get(id));
  }

  async save(conversation) {
    const summary = summarize(conversation);
    const others = (await this.list()).filter(({ id }) => id !== summary.id);
    const size = others.reduce((sum, other) => sum + other.size, summary.size);
    if (size > BOUND) throw new StoreError(FULL);
    await this.write((conversations, summaries) => {
      conversations.put(conversation);
      summaries.put(summary);
    });
  }

  remove(id) {
    return this.write((conversations, summaries) => {
      conversations.delete(id);
      summaries.delete(id);
    });
  }

  clear() {
    return this.write((conversations, summaries) => {
      conversations.clear();
      summaries.clear();
    });
  }

  read(name, ask) {
    return new Promise((resolve, reject) => {
      const request = ask(this.database.transaction(name).objectStore(name));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new StoreError('The browser cannot read its database.'));
    });
  }

  write(change) {
    const names = ['conversations', 'summaries'];
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(names, 'readwrite');
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failure(transaction.error));
      change(...names.map((name) => transaction.objectStore(name)));
    });
  }
}

class Memory {
  isLasting = false;
  conversations = new Map();

  async list() {
    return latestFirst([...this.conversations.values()].map(summarize));
  }

  async load(id) {
    return structuredClone(this.conversations.get(id));
  }

  async save(conversation) {
    this.conversations.set(conversation.id, structuredClone(conversation));
  }

  async remove(id) {
    this.conversations.delete(id);
  }

  async clear() {
    this.conversations.clear();
  }
}

function summarize(conversation) {
  const { id, title, created, updated, turns } = conversation;
  const size = turns.reduce((sum, turn) => sum + turn.text.length + (turn.thoughts?.length ?? 0) + 500, 0);
  return { id, title, created, updated, size };
}

function latestFirst(summaries) {
  return summaries.sort((a, b) => b.updated - a.updated);
}

function failure(error) {
  const full = error?.name === 'QuotaExceededError';
  return new StoreError(full ? FULL : 'The browser cannot write to its database.');
}
