// Takes apart what a model thinks and what it answers, as the text comes.

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Splits text into thoughts and answer. A block opens at the beginning of the text alone; some
 * templates open it in the prompt, so that only its end is seen: then all before was thought.
 *
 * @param {string} text all that came so far
 * @returns {{ thoughts: string, answer: string, thinking: boolean }}
 */
export function split(text) {
  const trimmed = text.trimStart();
  const opened = trimmed.startsWith(OPEN);
  const end = text.indexOf(CLOSE);
  if (end >= 0 && (opened || !text.slice(0, end).includes(OPEN))) {
    const thoughts = text.slice(0, end).trimStart();
    return {
      thoughts: (opened ? thoughts.slice(OPEN.length) : thoughts).trim(),
      answer: text.slice(end + CLOSE.length).trimStart(),
      thinking: false,
    };
  }
  if (opened) return { thoughts: trimmed.slice(OPEN.length).trimStart(), answer: '', thinking: true };
  // The beginning of the tag is not shown before it is known to be none.
  const maybe = trimmed !== '' && OPEN.startsWith(trimmed);
  return { thoughts: '', answer: maybe ? '' : trimmed, thinking: maybe };
}
