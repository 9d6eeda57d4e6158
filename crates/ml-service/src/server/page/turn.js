// How a turn looks: a message of the user, or an answer with its thoughts, notes and measures.

import { icon, iconButton, make } from './element.js';
import { GrowingMarkdown } from './growing.js';

const NOTES = {
  length: 'The answer reached the limit of tokens.',
  stopped: 'Stopped.',
  content_filter: 'The server held back the rest of the answer.',
};

const INTERRUPTED = 'The page was closed before the answer ended.';

/** The article of a turn; `place` is which of how many alternatives it is. */
export class TurnView {
  constructor(turn, place, completed) {
    this.turn = turn;
    const isUser = turn.role === 'user';
    this.element = make('article', `turn ${turn.role}`);
    this.element.dataset.turn = turn.id;
    this.element.append(make('h2', 'visually-hidden', isUser ? 'You' : (turn.model ?? 'Answer')));
    this.body = make('div', isUser ? 'bubble' : 'prose');
    this.tools = make('div', 'tools');
    if (isUser) {
      this.body.textContent = turn.text;
      this.element.append(this.body, this.tools);
      this.tools.append(alternatives(place), iconButton('edit', 'Edit', 'edit'));
      this.tools.append(iconButton('copy', 'Copy', 'copy'));
    } else {
      this.markdown = new GrowingMarkdown(this.body, completed);
      this.notes = make('div', 'notes');
      this.element.append(this.body, this.notes, this.tools);
      this.place = place;
    }
  }

  /** Shows a turn as it is now, while its answer comes. */
  grow({ thinking, waiting }) {
    const { turn } = this;
    this.element.setAttribute('aria-busy', 'true');
    this.showThoughts(thinking);
    if (turn.text) this.markdown.show(turn.text, false);
    const idle = !turn.text && !turn.thoughts;
    const wanted = idle ? waiting || '…' : '';
    if (this.waited !== wanted) this.notes.replaceChildren(...(wanted ? [pending(waiting)] : []));
    this.waited = wanted;
  }

  /** Shows a turn that will not change any more. */
  finish() {
    const { turn } = this;
    this.element.removeAttribute('aria-busy');
    this.showThoughts(false);
    this.markdown.show(turn.text, true);
    this.notes.replaceChildren(...note(turn));
    this.tools.replaceChildren(
      alternatives(this.place),
      iconButton('copy', 'Copy', 'copy'),
      iconButton('again', 'Answer again', 'again'),
      measures(turn),
    );
  }

  showThoughts(thinking) {
    const { thoughts = '', thoughtFor } = this.turn;
    if (!thoughts) return;
    if (!this.thoughts) {
      this.summary = make('span', '');
      this.thoughts = document.createTextNode('');
      const details = make('details', 'thoughts', make('summary', '', icon('chevron'), this.summary));
      details.append(make('div', 'thought', this.thoughts));
      this.body.before(details);
    }
    const title = thinking ? 'Thinking…' : thoughtFor ? `Thought for ${seconds(thoughtFor)}` : 'Thoughts';
    if (this.summary.textContent !== title) this.summary.textContent = title;
    this.summary.classList.toggle('at-work', thinking);
    const shown = this.thoughts.data;
    if (thoughts.startsWith(shown)) this.thoughts.appendData(thoughts.slice(shown.length));
    else this.thoughts.data = thoughts;
  }

  /** Puts an editor in the message's place; `done` takes the new text, or null. */
  edit(done) {
    const area = make('textarea', '');
    area.value = this.turn.text;
    area.rows = Math.min(Math.max(this.turn.text.split('\n').length, 2), 12);
    area.ariaLabel = 'Edit the message';
    const save = make('button', 'primary', 'Send');
    const cancel = make('button', '', 'Cancel');
    cancel.type = 'button';
    const form = make('form', 'editor', area, make('div', 'row', cancel, save));
    const end = (text) => {
      form.replaceWith(this.body);
      this.tools.hidden = false;
      this.tools.querySelector('[data-action=edit]').focus();
      done(text);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      if (area.value.trim() !== '') end(area.value);
    };
    cancel.onclick = () => end(null);
    area.onkeydown = (event) => {
      if (event.key === 'Escape') end(null);
      if (event.key === 'Escape' || sends(event)) event.preventDefault();
      if (event.key === 'Escape') event.stopPropagation();
      if (sends(event)) form.requestSubmit();
    };
    this.tools.hidden = true;
    this.body.replaceWith(form);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }
}

/** Whether a key sends: Enter, but not with Shift, and not while a word is being composed. */
export function sends(event) {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing;
}

function pending(waiting) {
  const dots = make('span', 'dots', make('i', ''), make('i', ''), make('i', ''));
  dots.ariaHidden = 'true';
  return make('p', 'pending', dots, waiting);
}

function note({ outcome, error }) {
  if (outcome === 'failed') {
    const again = make('button', '', 'Try again');
    again.type = 'button';
    again.dataset.action = 'again';
    const text = make('p', '', error ?? 'The answer failed.');
    const box = make('div', 'failure', text, again);
    return [box];
  }
  const said = outcome ? NOTES[outcome] : INTERRUPTED;
  return said ? [make('p', 'note', said)] : [];
}

function alternatives({ number, count }) {
  const box = make('span', 'alternatives');
  if (count < 2) return box;
  const previous = iconButton('previous', 'Previous version', 'left');
  const next = iconButton('next', 'Next version', 'right');
  previous.disabled = number === 1;
  next.disabled = number === count;
  const shown = make('span', '', `${number} / ${count}`);
  shown.ariaLabel = `Version ${number} of ${count}`;
  shown.role = 'img';
  box.append(previous, shown, next);
  return box;
}

function measures({ usage, rate, first }) {
  const tokens = usage?.completion_tokens;
  if (tokens === undefined) return '';
  const parts = [
    `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    rate ? `${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s` : null,
    first ? `first after ${seconds(first)}` : null,
  ];
  const shown = make('span', 'measures', parts.filter(Boolean).join(' · '));
  if (usage?.prompt_tokens !== undefined) shown.title = `${usage.prompt_tokens} tokens were read`;
  return shown;
}

function seconds(value) {
  if (value < 10) return `${Math.max(value, 0.01).toFixed(value < 1 ? 2 : 1)} s`;
  return value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}
