// The server's OpenAI-compatible interface: its models, and answers that stream.

// Longer lines are no event of a sane server.
const LONGEST_LINE = 16 * 1024 * 1024;

const KEY = 'ml-key';

/** What the server refused, or said in the middle of an answer. */
export class ApiError extends Error {
  constructor(message, { status = 0, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Keeps an API key as long as the tab lives; none forgets it. */
export function setKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/**
 * The ids of the models that the server has.
 *
 * @returns {Promise<string[]>}
 */
export async function models() {
  const response = await send('v1/models', {});
  const list = await response.json();
  return list.data.map((model) => String(model.id));
}

/**
 * Asks for a chat completion and yields what comes: `{ text }`, `{ thoughts }`, `{ finish }` and
 * `{ usage }`. Returns when the server said that it was all.
 *
 * @param {object} request
 * @param {AbortSignal} signal closes the connection, with which the server stops
 */
export async function* answer(request, signal) {
  const body = { ...request, stream: true, stream_options: { include_usage: true } };
  const headers = { 'Content-Type': 'application/json' };
  const response = await send('v1/chat/completions', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  });
  for await (const data of events(response.body)) {
    if (data === '[DONE]') return;
    yield* parts(JSON.parse(data));
  }
  throw new ApiError('The connection ended before the answer did.');
}

function* parts(chunk) {
  if (chunk.error) throw new ApiError(messageOf(chunk) ?? 'The server reported an error.');
  const [choice] = chunk.choices ?? [];
  const delta = choice?.delta ?? {};
  const thoughts = delta.reasoning_content ?? delta.reasoning;
  if (thoughts) yield { thoughts };
  if (delta.content) yield { text: delta.content };
  if (choice?.finish_reason) yield { finish: choice.finish_reason };
  if (chunk.usage) yield { usage: chunk.usage };
}

async function send(path, options) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The server cannot be reached.');
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function refusal(response) {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const text = await response.text().catch(() => '');
  const message = messageOf(parse(text)) ?? `The server answered ${response.status}.`;
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  return new ApiError(message, { status: response.status, retryAfter });
}

function messageOf(body) {
  const error = body?.error;
  const message = typeof error === 'string' ? error : error?.message;
  return typeof message === 'string' && message !== '' ? message : null;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The data of server-sent events, one by one; comments, which keep a connection alive, are passed over. */
async function* events(body) {
  let data = [];
  for await (const line of lines(body)) {
    if (line === '' && data.length > 0) {
      yield data.join('\n');
      data = [];
    } else if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await read(reader);
      if (done) return;
      const found = (rest + value).split(/\r\n|\n/);
      rest = found.pop();
      if (rest.length > LONGEST_LINE) throw new ApiError('The server sent a line without end.');
      yield* found;
    }
  } finally {
    // Whoever stops reading closes the connection.
    reader.cancel().catch(() => {});
  }
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The connection broke before the answer ended.');
  }
}
