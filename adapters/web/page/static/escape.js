// What cannot be seen can deceive: it is spelled out where a person decides on exact text.

// Controls (except newline and tab), format characters (zero width, bidi, tags), lone surrogates,
// private use, every space but the plain one, fillers and selectors that draw nothing; and the mark
// itself, so that text which only looks like an escape is told from one. And what is stacked on a
// letter after four marks: no script needs more, and the pile covers the lines around it.
const INVISIBLE =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}|⟨(?=U\+)|[\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0\u{E0100}-\u{E01EF}]|(?<=\p{M}{4})\p{M}/gu;

/** Text as pieces {text, hidden}: a hidden one is the name of an invisible character, ⟨U+202E⟩. */
export function pieces(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), hidden: false });
    found.push({ text: codeName(match[0]), hidden: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), hidden: false });
  return found;
}

export function escaped(text) {
  return pieces(text)
    .map((piece) => piece.text)
    .join("");
}

/** The text that `escaped` made visible, exactly. */
export function unescaped(text) {
  return text.replace(/⟨U\+([0-9A-F]{4,5}|10[0-9A-F]{4})⟩/gu, (_, hex) =>
    String.fromCodePoint(Number.parseInt(hex, 16)));
}

function codeName(character) {
  const hex = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `⟨U+${hex}⟩`;
}
