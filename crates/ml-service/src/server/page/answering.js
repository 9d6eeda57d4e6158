// An answer that is coming: asks, waits while the server is not ready, collects what comes, and measures.

import { answer } from './api.js';
import { messages, parentOf } from './conversation.js';
import { split } from './think.js';

/** How long a server may say that it is loading or busy, in milliseconds. */
const PATIENCE = 600_000;

/** In less time than this, in milliseconds, tokens came together, and tell no rate. */
const SHORTEST = 50;

export class Answering {
  /**
   * @param {object} conversation
   * @param {object} turn the answer's own turn, still empty
   */
  constructor(conversation, turn) {
    this.conversation = conversation;
    this.turn = turn;
    this.controller = new AbortController();
    this.raw = '';
    this.reasoning = '';
    this.thinking = false;
    this.waiting = '';
    this.status = 0;
    this.began = performance.now();
  }

  /** Ends the answer where it is. */
  stop() {
    this.controller.abort();
  }

  /**
   * Answers to the end, whatever end that is; never throws.
   *
   * @param {() => void} changed is called whenever there is more to show
   */
  async run(changed) {
    const { turn } = this;
    try {
      for await (const part of this.parts(changed)) {
        this.take(part);
        changed();
      }
      turn.outcome = this.finish ?? 'stop';
    } catch (error) {
      turn.outcome = error.name === 'AbortError' ? 'stopped' : 'failed';
      if (turn.outcome === 'failed') turn.error = error.message;
      this.status = error.status ?? 0;
    }
    this.waiting = '';
    this.update();
    this.thinking = false;
    this.measure();
  }

  async *parts(changed) {
    for (;;) {
      try {
        return yield* answer(this.request(), this.controller.signal);
      } catch (error) {
        if (!this.canWait(error)) throw error;
        this.waiting = error.message;
        changed();
        await pause(error.retryAfter, this.controller.signal);
      }
    }
  }

  // A server that loads the model or is busy says when to come again.
  canWait({ status, retryAfter }) {
    const later = status === 503 || status === 429;
    return later && retryAfter !== null && performance.now() - this.began < PATIENCE;
  }

  request() {
    const { conversation, turn } = this;
    const { temperature, topP, maxTokens, seed } = conversation.settings;
    return {
      model: turn.model,
      messages: messages(conversation, parentOf(conversation, turn)),
      temperature: temperature ?? undefined,
      top_p: topP ?? undefined,
      max_tokens: maxTokens ?? undefined,
      seed: seed ?? undefined,
    };
  }

  take(part) {
    if (part.text || part.thoughts) {
      this.last = performance.now();
      this.first ??= this.last;
      this.waiting = '';
    }
    if (part.text) this.raw += part.text;
    if (part.thoughts) this.reasoning += part.thoughts;
    if (part.finish) this.finish = part.finish;
    if (part.usage) this.turn.usage = part.usage;
  }

  /** Brings the turn up to what came. */
  update() {
    const { thoughts, answer: text, thinking } = split(this.raw);
    this.turn.text = text;
    this.turn.thoughts = [this.reasoning, thoughts].filter(Boolean).join('\n\n');
    this.thinking = thinking || (text === '' && this.reasoning !== '');
    const thought = this.turn.thoughts !== '' && !this.thinking;
    if (thought) this.turn.thoughtFor ??= (performance.now() - this.first) / 1000;
  }

  // The rate leaves out the first token, which waits for the prompt.
  measure() {
    const { turn, first, last, began } = this;
    if (first === undefined) return;
    turn.first = (first - began) / 1000;
    const tokens = turn.usage?.completion_tokens ?? 0;
    if (tokens > 1 && last - first >= SHORTEST) turn.rate = ((tokens - 1) * 1000) / (last - first);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const wake = () => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const timer = setTimeout(wake, Math.min(Math.max(seconds, 0.25), 60) * 1000);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
