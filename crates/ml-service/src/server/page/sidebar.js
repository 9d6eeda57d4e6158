// The list of conversations, which on a narrow screen is a drawer.

import { byId, iconButton, make } from './element.js';

/** Above this width the list stands beside the conversation, as in chat.css. */
const WIDE = matchMedia('(min-width: 52rem)');

export class Sidebar {
  /** @param {{ open: (id: string) => void, remove: (id: string) => void }} does */
  constructor(does) {
    this.panel = byId('sidebar');
    this.opener = byId('open-sidebar');
    this.shade = byId('shade');
    this.list = byId('conversations');
    this.opener.onclick = () => this.toggle(true);
    byId('close-sidebar').onclick = () => this.toggle(false);
    this.shade.onclick = () => this.toggle(false);
    this.panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.isDrawn) {
        event.stopPropagation();
        this.toggle(false);
      }
    });
    this.list.onclick = ({ target }) => {
      const id = target.closest('li')?.dataset.id;
      const button = target.closest('button');
      if (!id || !button) return;
      if (button.dataset.action === 'remove') does.remove(id);
      else does.open(id);
    };
    WIDE.addEventListener('change', () => this.toggle(false));
    this.toggle(false);
  }

  toggle(isDrawn) {
    const returns = this.isDrawn && !isDrawn && this.panel.contains(document.activeElement);
    this.isDrawn = isDrawn && !WIDE.matches;
    this.panel.classList.toggle('drawn', this.isDrawn);
    // What is out of sight is out of the order of the focus too.
    this.panel.inert = !this.isDrawn && !WIDE.matches;
    this.shade.hidden = !this.isDrawn;
    this.opener.ariaExpanded = String(this.isDrawn);
    if (this.isDrawn) byId('close-sidebar').focus();
    else if (returns) this.opener.focus();
  }

  show(summaries, current) {
    const focused = document.activeElement?.closest('#conversations li')?.dataset.id;
    const rows = summaries.map(({ id, title }) => {
      const open = make('button', 'open', title || 'Conversation');
      open.type = 'button';
      open.title = title;
      if (id === current) open.ariaCurrent = 'page';
      const row = make('li', '', open, iconButton('remove', `Delete “${title}”`, 'delete'));
      row.dataset.id = id;
      return row;
    });
    this.list.replaceChildren(...rows);
    const again = rows.find((row) => row.dataset.id === focused);
    again?.querySelector('button').focus();
  }
}
