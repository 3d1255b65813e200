// Elements are built here and nowhere else: text goes in as text, never as markup.

/** An element. Attributes that are false, null or undefined are left out; true is an empty one. */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for a drawing: an SVG element. */
export function s(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter(present));
  return element;
}

/** Show or hide what only assistive technology would otherwise keep reading. */
export function show(element, shown) {
  element.hidden = !shown;
}

function present(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}
