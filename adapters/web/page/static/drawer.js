// The list of conversations as a drawer on small screens: Escape and a tap beside it close it.

const WIDE = matchMedia("(min-width: 48rem)");

export class Drawer {
  constructor(panel, button, shade) {
    Object.assign(this, { panel, button, shade });
    button.addEventListener("click", () => this.#set(!this.open));
    shade.addEventListener("click", () => this.close());
    WIDE.addEventListener("change", () => this.#set(false));
    addEventListener("keydown", (event) => this.#key(event));
    this.#set(false);
  }

  get open() {
    return "open" in this.panel.dataset;
  }

  close() {
    if (this.open) this.#set(false);
  }

  #key(event) {
    if (event.key !== "Escape" || !this.open) return;
    this.#set(false);
    this.button.focus();
  }

  #set(open) {
    this.panel.toggleAttribute("data-open", open);
    this.panel.inert = !open && !WIDE.matches;
    this.shade.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.panel.querySelector("a, button").focus();
  }
}
