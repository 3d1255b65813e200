// Live text: pieces with an offset in characters, so that repeats are dropped and a gap is seen.

const GAP = " … ";

export const NOTHING = Object.freeze({ text: "", count: 0 });

/** Add a piece to {text, count}; the same object back when it holds nothing new. */
export function grow(had, offset, piece) {
  const characters = [...piece];
  const fresh = characters.slice(Math.max(0, had.count - offset));
  if (!fresh.length) return had;
  const missing = offset > had.count ? GAP : "";
  return { text: had.text + missing + fresh.join(""), count: offset + characters.length };
}

/** As `grow`, keeping only the last `limit` characters: a tool's output may be endless. */
export function growTail(had, offset, piece, limit = 8000) {
  const grown = grow(had, offset, piece);
  if (grown.text.length <= limit) return grown;
  return { text: grown.text.slice(-limit), count: grown.count };
}
