// Elements, icons and buttons.

const SVG = 'http://www.w3.org/2000/svg';

/** An element by its id; a page without it is broken. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`there is no element #${id}`);
  return found;
}

/** An element with a class and children. */
export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** One of the drawings at the top of the page. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon alone and says its name to those who do not see it. */
export function iconButton(action, label, drawing) {
  const button = make('button', 'icon-button', icon(drawing));
  button.type = 'button';
  button.dataset.action = action;
  button.ariaLabel = label;
  button.title = label;
  return button;
}

/** Puts a text into the clipboard; browsers grant the modern way to secure pages alone. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = make('textarea', 'visually-hidden');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('The browser does not permit copying.');
}
