// Conversations as files: JSON with everything, Markdown to read.

import { path } from './conversation.js';

/** All of a list of conversations, alternatives included. */
export function asJson(conversations) {
  return `${JSON.stringify({ format: 'ml-chat', version: 1, conversations }, null, 2)}\n`;
}

/** What is selected of a conversation. */
export function asMarkdown(conversation) {
  const parts = [`# ${oneLine(conversation.title) || 'Conversation'}`];
  const { system } = conversation.settings;
  if (system) parts.push('## System', system);
  for (const turn of path(conversation)) {
    parts.push(turn.role === 'user' ? '## You' : `## ${oneLine(turn.model ?? 'Answer')}`);
    if (turn.thoughts) parts.push(quoted(turn.thoughts));
    parts.push(turn.text);
    if (turn.error) parts.push(`*${oneLine(turn.error)}*`);
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}

function quoted(text) {
  return text.split('\n').map((line) => `> ${line}`.trimEnd()).join('\n');
}

/** A name for a file that every system takes. */
export function fileName(title, extension) {
  const letters = title.normalize('NFKD').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return `${letters.slice(0, 60).toLowerCase() || 'conversation'}.${extension}`;
}

/** Has the browser save a text as a file. */
export function download(name, type, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has its own hold on the text by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href));
}
