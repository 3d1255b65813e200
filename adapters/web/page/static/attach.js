// Pictures that go with the next message: chosen, pasted or dropped, and shown before they are sent.

import { h } from "./dom.js";

const KINDS = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const MOST = 4;

export class Attached {
  #thread = "";
  /** thread → [{file, url}]: like a draft, they stay with their thread. */
  #chosen = new Map();

  /** `problem(text)` shows why a file was not taken. */
  constructor(form, problem) {
    this.problem = problem;
    this.list = form.querySelector("[data-chosen]");
    this.input = form.elements.files;
    form.querySelector("[data-attach]").addEventListener("click", () => this.input.click());
    form.elements.message.addEventListener("paste", (event) => this.#pasted(event));
    this.input.addEventListener("change", () => this.#picked());
    this.list.addEventListener("click", (event) => this.#remove(event.target.closest("button")));
    addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => this.#dropped(event));
  }

  get chosen() {
    return this.#chosen.get(this.#thread) ?? [];
  }

  open(thread) {
    this.#thread = thread;
    this.#draw();
  }

  /** They were sent from this thread. */
  sent(thread, pictures) {
    for (const { url } of pictures) URL.revokeObjectURL(url);
    const kept = (this.#chosen.get(thread) ?? []).filter((one) => !pictures.includes(one));
    this.#chosen.set(thread, kept);
    this.#draw();
  }

  #add(files) {
    const wrong = files.find((file) => !KINDS.has(file.type));
    const made = files.filter((file) => KINDS.has(file.type));
    const room = Math.max(0, MOST - this.chosen.length);
    const added = made.slice(0, room).map((file) => ({ file, url: URL.createObjectURL(file) }));
    this.#chosen.set(this.#thread, [...this.chosen, ...added]);
    if (wrong) this.problem(`${wrong.name} is no PNG, JPEG, WebP or GIF picture.`);
    else this.problem(made.length > room ? `At most ${MOST} pictures go with one message.` : "");
    this.#draw();
  }

  #picked() {
    this.#add([...this.input.files]);
    this.input.value = "";
  }

  // What office programs copy is text with a picture of it: then the text is meant.
  #pasted(event) {
    const files = [...event.clipboardData.files];
    if (!files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    this.#add(files);
  }

  #dropped(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.#add([...event.dataTransfer.files]);
  }

  #remove(button) {
    const one = button && this.chosen[Number(button.dataset.index)];
    if (!one) return;
    this.sent(this.#thread, [one]);
    this.input.form.elements.message.focus();
  }

  #draw() {
    this.list.replaceChildren(...this.chosen.map(({ file, url }, index) =>
      h("li", { class: "chosen" },
        h("img", { src: url, alt: file.name }),
        h("button", { type: "button", class: "button", "data-index": index, "aria-label": `Remove ${file.name}` }, "×"))));
  }
}

/** Pictures as the bot takes them: data URLs with their names. */
export function encoded(pictures) {
  return Promise.all(pictures.map(({ file }) => dataUrl(file)));
}

async function dataUrl(file) {
  const reader = new FileReader();
  const read = new Promise((resolve, reject) => {
    reader.addEventListener("load", resolve);
    reader.addEventListener("error", () => reject(new Error(`${file.name} could not be read.`)));
  });
  reader.readAsDataURL(file);
  await read;
  return reader.result.replace(";base64,", `;name=${encodeURIComponent(file.name)};base64,`);
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
