// Changes what is on the page into what should be there, keeping focus, open folds and typed text.

const shown = new WeakMap();

/** Make the children of `container` those of `entries` ({key, value, stamp}), drawing only the new
 * and the changed: the same value and stamp means the same picture. */
export function keyed(container, entries, draw) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  for (const { key, value, stamp } of entries) {
    const node = refresh(old.get(key), key, value, stamp, draw);
    old.delete(key);
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

function refresh(node, key, value, stamp, draw) {
  const last = node && shown.get(node);
  if (last && last.value === value && last.stamp === stamp) return node;
  const wanted = draw(value);
  wanted.dataset.key = key;
  const result = node ? morph(node, wanted) : wanted;
  shown.set(result, { value, stamp });
  return result;
}

/** Make `from` look like `to` in place; returns the node that is on the page afterwards. */
export function morph(from, to) {
  if (from.nodeName !== to.nodeName) {
    from.replaceWith(to);
    return to;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return from;
  }
  const follow = "follow" in from.dataset && atEnd(from);
  attributes(from, to);
  children(from, to);
  if (follow) from.scrollTop = from.scrollHeight;
  return from;
}

/** Whether the last line is in view, so that new text should stay in view too. */
export function atEnd(element, slack = 40) {
  return element.scrollHeight - element.scrollTop - element.clientHeight < slack;
}

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !personal(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !personal(from, name)) from.setAttribute(name, value);
  }
}

// What the person did to an element is theirs: a fold they opened stays as they left it.
function personal(element, name) {
  return name === "data-touched" || (name === "open" && "touched" in element.dataset);
}

function children(from, to) {
  const keyedNodes = keep(from, to);
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const node = keyedNodes.get(wanted.dataset?.key) ?? alike(place, wanted);
    if (!node) {
      from.insertBefore(wanted, place);
      continue;
    }
    if (node !== place) from.insertBefore(node, place);
    place = morph(node, wanted).nextSibling;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// Removes the keyed children that are no longer wanted and returns the others by key. They go first:
// what follows them then need not be moved, and a moved element loses its focus.
function keep(from, to) {
  const wanted = new Set([...to.children].map((node) => node.dataset.key));
  const kept = new Map();
  for (const node of [...from.children]) {
    if (!node.dataset.key) continue;
    if (wanted.has(node.dataset.key)) kept.set(node.dataset.key, node);
    else node.remove();
  }
  return kept;
}

function alike(place, wanted) {
  if (!place || wanted.dataset?.key || place.dataset?.key) return null;
  return place.nodeName === wanted.nodeName ? place : null;
}
