// The dialog of settings: what a conversation is held with, the appearance, and all conversations.

import { hasKey, setKey } from './api.js';
import { byId } from './element.js';

const NUMBERS = ['temperature', 'topP', 'maxTokens', 'seed'];
const KEPT = 'ml-settings';
const THEME = 'ml-theme';

/** What new conversations begin with: what was saved last. */
export function defaults() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? { system: '' };
  } catch {
    return { system: '' };
  }
}

export class Settings {
  /** @param {{ save: (settings: object) => void, exportAll: () => void, deleteAll: () => void }} does */
  constructor(does) {
    this.dialog = byId('settings');
    this.form = this.dialog.querySelector('form');
    this.deleter = byId('delete-all');
    this.forget = byId('forget-key');
    byId('export-all').onclick = does.exportAll;
    this.deleter.onclick = () => this.deleteAll(does.deleteAll);
    this.forget.onclick = () => {
      setKey(null);
      this.forget.hidden = true;
    };
    this.form.addEventListener('change', ({ target }) => {
      if (target.name === 'theme') setTheme(target.value);
    });
    this.dialog.addEventListener('close', () => {
      if (this.dialog.returnValue === 'save') does.save(this.read());
    });
  }

  show(settings) {
    const { elements } = this.form;
    elements.system.value = settings.system;
    for (const name of NUMBERS) elements[name].value = settings[name] ?? '';
    elements.theme.value = document.documentElement.dataset.theme;
    this.forget.hidden = !hasKey();
    this.ask(false);
    this.dialog.returnValue = '';
    this.dialog.showModal();
  }

  read() {
    const { elements } = this.form;
    const settings = { system: elements.system.value.trim() };
    for (const name of NUMBERS) {
      settings[name] = elements[name].value === '' ? null : elements[name].valueAsNumber;
    }
    keep(KEPT, JSON.stringify(settings));
    return settings;
  }

  ask(asked) {
    this.asked = asked;
    this.deleter.textContent = asked ? 'Really delete all?' : 'Delete all';
  }

  deleteAll(deleteAll) {
    if (!this.asked) {
      this.ask(true);
      return;
    }
    this.dialog.close('cancel');
    deleteAll();
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  keep(THEME, theme);
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Without storage it holds as long as the page is open.
  }
}

/** Asks for an API key; resolves to whether one was given. */
export function askForKey(reason) {
  const dialog = byId('key');
  const field = byId('key-field');
  byId('key-reason').textContent = reason;
  field.value = '';
  dialog.returnValue = '';
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      const given = dialog.returnValue === 'save' && field.value.trim() !== '';
      if (given) setKey(field.value.trim());
      field.value = '';
      resolve(given);
    };
    dialog.addEventListener('close', closed, { once: true });
  });
}
