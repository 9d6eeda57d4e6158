"use strict";
for (const bar of document.querySelectorAll(".filter")) {
  const [words, marked] = bar.querySelectorAll("input");
  const items = [...bar.parentElement.querySelectorAll("details.item")];
  const texts = items.map((item) => item.textContent.toLowerCase());
  const apply = () => {
    const wanted = words.value.toLowerCase();
    let shown = 0;
    items.forEach((item, at) => {
      const keep = texts[at].includes(wanted) && (!marked.checked || item.classList.contains("marked"));
      item.hidden = !keep;
      shown += keep;
    });
    bar.querySelector("[role=status]").textContent = `${shown} of ${items.length}`;
  };
  bar.hidden = false;
  bar.addEventListener("input", apply);
}
const open = () => {
  const item = location.hash && document.getElementById(location.hash.slice(1));
  if (item instanceof HTMLDetailsElement) {
    item.hidden = false;
    item.open = true;
    item.scrollIntoView();
  }
};
addEventListener("hashchange", open);
open();
