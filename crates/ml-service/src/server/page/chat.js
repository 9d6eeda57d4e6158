// The chat page: what happens when something is clicked, typed, chosen or answered.

import { models } from './api.js';
import { Answering } from './answering.js';
import * as conversations from './conversation.js';
import { byId, copy, icon, make } from './element.js';
import { asJson, asMarkdown, download, fileName } from './export.js';
import { askForKey, defaults, Settings } from './settings.js';
import { Sidebar } from './sidebar.js';
import { openStore } from './store.js';
import { Transcript } from './transcript.js';
import { sends } from './turn.js';

/** How often an answer is kept while it comes, in milliseconds. */
const KEEP = 5000;

/** How long a note at the edge stays, in milliseconds. */
const TOAST = 8000;

const MODEL = 'ml-model';

class Chat {
  constructor(store) {
    this.store = store;
    this.answering = new Map();
    this.deleted = new Set();
    this.transcript = new Transcript();
    this.message = byId('message');
    this.model = byId('model');
    this.sidebar = new Sidebar({ open: (id) => this.open(id), remove: (id) => this.remove(id) });
    this.settings = new Settings({
      save: (settings) => this.configure(settings),
      exportAll: () => this.exportAll(),
      deleteAll: () => this.deleteAll(),
    });
    this.others = new BroadcastChannel('ml-chat');
    this.others.onmessage = ({ data }) => this.changedElsewhere(data);
    byId('memory-only').hidden = store.isLasting;
    this.listen();
  }

  listen() {
    byId('composer').onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    this.message.onkeydown = (event) => {
      if (!sends(event)) return;
      event.preventDefault();
      this.send();
    };
    this.message.oninput = () => this.fit();
    byId('stop').onclick = () => this.stop();
    byId('new').onclick = () => this.begin();
    byId('open-settings').onclick = () => this.settings.show(this.current.settings);
    byId('export-markdown').onclick = () => this.export('md', 'text/markdown', asMarkdown(this.current));
    byId('export-json').onclick = () => this.export('json', 'application/json', asJson([this.current]));
    byId('delete').onclick = () => this.remove(this.current.id);
    byId('turns').onclick = (event) => this.clicked(event);
    this.model.onchange = () => localStorage.setItem(MODEL, this.model.value);
    addEventListener('keydown', (event) => {
      const inDialog = document.querySelector('dialog[open], [popover]:popover-open');
      if (event.key === 'Escape' && !inDialog) this.stop();
    });
    addEventListener('hashchange', () => this.open(location.hash.slice(1)));
    // The last moment at which a browser lets a page write.
    addEventListener('pagehide', () => this.answering.forEach((answering) => this.keep(answering.conversation)));
  }

  async start() {
    const id = location.hash.slice(1);
    this.begin();
    if (id) await this.open(id);
    await Promise.all([this.list(), this.findModels()]);
  }

  get running() {
    return this.answering.get(this.current.id);
  }

  /** Begins a conversation, which is kept once something was asked in it. */
  begin() {
    this.current = conversations.create(defaults());
    history.replaceState(null, '', location.pathname + location.search);
    this.show();
    this.message.focus();
  }

  async open(id) {
    if (id === this.current.id) return this.sidebar.toggle(false);
    const live = this.answering.get(id)?.conversation;
    const found = live ?? (await this.attempt(() => this.store.load(id)));
    if (!found) return;
    this.current = found;
    history.replaceState(null, '', `#${id}`);
    this.show();
    this.message.focus();
  }

  show() {
    this.transcript.show(this.current, this.running);
    this.sidebar.toggle(false);
    this.refresh();
    this.list();
  }

  /** Brings buttons and title up to date. */
  refresh() {
    const isRunning = this.running !== undefined;
    const stop = byId('stop');
    if (!isRunning && document.activeElement === stop) this.message.focus();
    stop.hidden = !isRunning;
    byId('send').hidden = isRunning;
    byId('turns').classList.toggle('answering', isRunning);
    byId('open-actions').disabled = this.current.title === '';
    document.title = this.current.title ? `${this.current.title} – ml` : 'ml';
  }

  async list() {
    const summaries = await this.attempt(() => this.store.list());
    if (summaries) this.sidebar.show(summaries, this.current.id);
  }

  async findModels() {
    try {
      const ids = await models();
      const wanted = localStorage.getItem(MODEL);
      this.model.replaceChildren(...ids.map((id) => new Option(id, id)));
      this.model.disabled = ids.length === 0;
      if (ids.includes(wanted)) this.model.value = wanted;
      if (ids.length === 0) this.model.append(new Option('No model', ''));
      this.trouble('');
    } catch (error) {
      if (error.status === 401 && (await askForKey(error.message))) return this.findModels();
      this.model.replaceChildren(new Option('No model', ''));
      this.trouble(error.message, 'Try again', () => this.findModels());
    }
  }

  trouble(text, action = '', act = null) {
    const box = byId('trouble');
    const [said, button] = box.children;
    box.hidden = text === '';
    said.textContent = text;
    button.hidden = action === '';
    button.textContent = action;
    button.onclick = act;
  }

  send() {
    const text = this.message.value;
    if (text.trim() === '' || this.running) return;
    this.message.value = '';
    this.fit();
    this.transcript.follows = true;
    const last = conversations.path(this.current).at(-1) ?? conversations.root(this.current);
    this.ask(last, text);
  }

  ask(parent, text) {
    const asked = conversations.add(this.current, parent, { role: 'user', text });
    history.replaceState(null, '', `#${this.current.id}`);
    this.answer(asked, asked);
  }

  /** Answers a message and shows everything from a turn on. */
  async answer(asked, from) {
    const { current } = this;
    const fields = { role: 'assistant', text: '', model: this.model.value, outcome: null };
    const turn = conversations.add(current, asked, fields);
    const answering = new Answering(current, turn);
    this.answering.set(current.id, answering);
    this.transcript.showFrom(current, from ?? turn, answering);
    this.refresh();
    await this.keep(current);
    const keeping = setInterval(() => this.keep(current), KEEP);
    await answering.run(() => this.changed(answering));
    clearInterval(keeping);
    this.answering.delete(current.id);
    current.updated = Date.now();
    if (this.current === current) this.transcript.finish(answering);
    this.refresh();
    // One that was deleted meanwhile does not come back.
    if (!this.deleted.has(current.id)) await this.keep(current);
    if (answering.status === 401) this.unlock(answering);
  }

  changed(answering) {
    if (this.current === answering.conversation) this.transcript.grow(answering);
  }

  async unlock({ conversation, turn }) {
    if (!(await askForKey(turn.error)) || this.current !== conversation || this.running) return;
    if (this.model.disabled) await this.findModels();
    this.again(turn);
  }

  again(turn) {
    const asked = conversations.parentOf(this.current, turn);
    const siblings = asked.children.length;
    // An answer that failed before its first word is no alternative worth keeping.
    if (turn.outcome === 'failed' && !turn.text && siblings === 1) asked.children = [];
    this.answer(asked, null);
  }

  stop() {
    this.running?.stop();
  }

  async keep(conversation) {
    const kept = await this.attempt(() => this.store.save(conversation).then(() => true));
    if (kept && this.storeTrouble) this.trouble('');
    if (kept) this.storeTrouble = false;
    if (kept) this.others.postMessage(conversation.id);
    await this.list();
  }

  async attempt(work) {
    try {
      return await work();
    } catch (error) {
      this.storeTrouble = true;
      this.trouble(error.message);
      return undefined;
    }
  }

  async changedElsewhere(id) {
    await this.list();
    const isShown = id === this.current.id && !this.running && !document.querySelector('.editor');
    const found = isShown && (await this.store.load(id).catch(() => null));
    if (!found || this.current.id !== id || this.running) return;
    this.current = found;
    this.transcript.show(found);
    this.refresh();
  }

  clicked({ target }) {
    const button = target.closest('button');
    const article = target.closest('article');
    if (!button || !article) return;
    const turn = this.current.turns[Number(article.dataset.turn)];
    if (button.classList.contains('copy-code')) {
      const code = button.closest('figure').querySelector('code').textContent;
      this.copied(code, () => this.flash(button));
      return;
    }
    const { action } = button.dataset;
    if (action === 'copy') this.copied(turn.text, () => this.tick(button));
    if (this.running) return;
    if (action === 'edit') this.edit(turn);
    if (action === 'again') this.again(turn);
    if (action === 'previous') this.choose(turn, -1);
    if (action === 'next') this.choose(turn, 1);
  }

  edit(turn) {
    this.transcript.views.get(turn.id).edit((text) => {
      if (text === null || text === turn.text || this.running) return;
      const parent = conversations.parentOf(this.current, turn);
      const next = conversations.add(this.current, parent, { role: 'user', text });
      this.replaceFrom(turn, () => this.answer(next, next));
    });
  }

  // Turns that are no longer selected leave the screen before others are shown in their place.
  replaceFrom(turn, show) {
    const article = this.transcript.views.get(turn.id).element;
    while (article.nextElementSibling) article.nextElementSibling.remove();
    article.remove();
    show();
    this.message.focus();
  }

  choose(turn, offset) {
    const chosen = conversations.select(this.current, turn, offset);
    this.replaceFrom(turn, () => this.transcript.showFrom(this.current, chosen));
    const name = offset < 0 ? 'previous' : 'next';
    const tools = this.transcript.views.get(chosen.id).element;
    const buttons = [...tools.querySelectorAll('.alternatives button')];
    (buttons.find((b) => b.dataset.action === name && !b.disabled) ?? buttons.find((b) => !b.disabled))?.focus();
    this.keep(this.current);
  }

  async copied(text, done) {
    try {
      await copy(text);
      done();
    } catch {
      this.toast('The browser does not permit copying.');
    }
  }

  flash(button) {
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  }

  tick(button) {
    button.replaceChildren(icon('done'));
    setTimeout(() => button.replaceChildren(icon('copy')), 1500);
  }

  toast(text, action = '', act = null) {
    const toast = byId('toast');
    const parts = [make('span', '', text)];
    if (action) {
      const button = make('button', '', action);
      button.type = 'button';
      button.onclick = () => {
        toast.replaceChildren();
        act();
      };
      parts.push(button);
    }
    toast.replaceChildren(...parts);
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => toast.replaceChildren(), TOAST);
  }

  configure(settings) {
    this.current.settings = settings;
    if (this.current.title) this.keep(this.current);
  }

  export(extension, type, text) {
    byId('actions').hidePopover();
    download(fileName(this.current.title, extension), type, text);
  }

  async exportAll() {
    const all = await this.attempt(async () => {
      const summaries = await this.store.list();
      return Promise.all(summaries.map(({ id }) => this.store.load(id)));
    });
    if (all) download('conversations.json', 'application/json', asJson(all));
  }

  async remove(id) {
    if (byId('actions').matches(':popover-open')) byId('actions').hidePopover();
    this.answering.get(id)?.stop();
    const removed = id === this.current.id ? this.current : await this.attempt(() => this.store.load(id));
    this.deleted.add(id);
    await this.attempt(() => this.store.remove(id));
    this.others.postMessage(id);
    if (id === this.current.id) this.begin();
    else await this.list();
    if (removed) this.toast('The conversation is deleted.', 'Undo', () => this.restore(removed));
  }

  async restore(conversation) {
    this.deleted.delete(conversation.id);
    await this.keep(conversation);
    await this.open(conversation.id);
  }

  async deleteAll() {
    this.answering.forEach((answering, id) => {
      this.deleted.add(id);
      answering.stop();
    });
    await this.attempt(() => this.store.clear());
    this.others.postMessage('');
    this.begin();
    this.toast('All conversations are deleted.');
  }

  // As high as its text, up to what the style permits.
  fit() {
    this.message.style.height = 'auto';
    this.message.style.height = `${this.message.scrollHeight}px`;
  }
}

new Chat(await openStore()).start();
