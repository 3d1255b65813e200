// Where the values of a plot end, and how they are written.

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const ROUND = [1, 2, 4, 5, 6, 8, 10];

/** A round number that is not less than `value`, with a middle that is round too. */
export function top(value, unit) {
  if (value < 1e-9) return 0;
  const scale = unit === "B" ? 1024 ** power(value) : 1;
  const tens = 10 ** Math.floor(Math.log10(value / scale));
  return (ROUND.find((each) => each * tens * scale >= value) ?? 20) * tens * scale;
}

/** "2.5 MiB", "71%", "3 ms". */
export function number(value, unit) {
  if (unit === "B") {
    const steps = power(Math.abs(value));
    return `${plain(value / 1024 ** steps)} ${BYTES[steps]}`;
  }
  return `${plain(value)}${unit === "" || unit === "%" ? "" : " "}${unit}`;
}

function plain(value) {
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return value.toLocaleString("en-GB", digits);
}

function power(value) {
  return Math.max(0, Math.min(Math.floor(Math.log(value) / Math.log(1024)), BYTES.length - 1)) || 0;
}
