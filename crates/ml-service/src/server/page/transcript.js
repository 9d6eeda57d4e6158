// The conversation on the screen: its turns, how they are drawn while they grow, and where it is scrolled.

import { path, place } from './conversation.js';
import { byId, make } from './element.js';
import { TurnView } from './turn.js';

/** So near to the end, in pixels, a reader counts as being at it. */
const NEAR = 24;

/** Drawing takes at most one part in so many of the time. */
const SHARE = 5;

export class Transcript {
  constructor() {
    this.scroller = byId('transcript');
    this.turns = byId('turns');
    this.empty = byId('empty');
    this.latest = byId('latest');
    this.announcer = byId('announcer');
    this.views = new Map();
    this.follows = true;
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.follow()).observe(this.scroller);
    this.latest.onclick = () => this.toEnd();
  }

  /** Shows a conversation at its end. */
  show(conversation, answering) {
    this.views.clear();
    const elements = path(conversation).map((turn) => this.view(conversation, turn, answering).element);
    this.turns.replaceChildren(...elements);
    this.empty.hidden = elements.length > 0;
    this.announcer.textContent = '';
    this.toEnd();
  }

  /** Shows a conversation anew after a turn, and leaves what is before it as it is. */
  showFrom(conversation, turn, answering) {
    const turns = path(conversation);
    const kept = turns.indexOf(turn);
    while (this.turns.children.length > kept) {
      const last = this.turns.lastElementChild;
      this.views.delete(Number(last.dataset.turn));
      last.remove();
    }
    const added = turns.slice(kept).map((next) => this.view(conversation, next, answering).element);
    this.turns.append(...added);
    this.empty.hidden = turns.length > 0;
    this.follow();
  }

  view(conversation, turn, answering) {
    const isComing = answering?.turn === turn;
    const view = new TurnView(turn, place(conversation, turn), isComing ? (block) => this.say(block) : undefined);
    this.views.set(turn.id, view);
    if (isComing) view.grow(answering);
    else if (turn.role === 'assistant') view.finish();
    return view;
  }

  /** Draws a growing answer, at the next frame at the earliest. */
  grow(answering) {
    this.answering = answering;
    if (this.planned) return;
    this.planned = true;
    const wait = (this.drawn ?? 0) + (this.cost ?? 0) * SHARE - performance.now();
    if (wait > 16) setTimeout(() => requestAnimationFrame(() => this.draw()), wait);
    else requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.planned = false;
    const { answering } = this;
    const view = answering && this.views.get(answering.turn.id);
    if (!view || view.turn !== answering.turn) return;
    const began = performance.now();
    answering.update();
    view.grow(answering);
    this.follow();
    this.drawn = performance.now();
    this.cost = this.drawn - began;
  }

  /** Draws the end of an answer. */
  finish(answering) {
    if (this.answering === answering) this.answering = null;
    const view = this.views.get(answering.turn.id);
    if (view?.turn !== answering.turn) return;
    view.finish();
    this.follow();
    const { outcome, error } = answering.turn;
    if (outcome === 'failed') this.announce(`The answer failed: ${error}`);
    if (outcome === 'stopped') this.announce('Stopped.');
  }

  // A paragraph is read out when it is complete, rather than token by token.
  say(block) {
    const code = block.nodeName === 'FIGURE';
    this.announce(code ? 'A block of code.' : block.textContent);
  }

  announce(text) {
    this.announcer.append(make('p', '', text));
    while (this.announcer.children.length > 20) this.announcer.firstElementChild.remove();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= NEAR;
    // What grew since is not scrolled away from by the reader.
    if (isAtEnd) this.follows = true;
    else if (scrollTop < this.scrolledTo) this.follows = false;
    this.scrolledTo = scrollTop;
    this.latest.hidden = this.follows;
  }

  follow() {
    if (!this.follows) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.scrolledTo = this.scroller.scrollTop;
  }

  toEnd() {
    this.follows = true;
    this.latest.hidden = true;
    this.follow();
  }
}
