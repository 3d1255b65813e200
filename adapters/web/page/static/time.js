// How long ago, how long it took, how long is left.

let skew = 0;

/** Seconds since the epoch by the server's clock: expiry times are the server's. */
export function now() {
  return Date.now() / 1000 + skew;
}

/** Learn the server's clock from a response's Date header, which counts whole seconds. */
export function learnClock(date) {
  const server = Date.parse(date ?? "") / 1000;
  if (Number.isNaN(server)) return;
  const difference = server + 0.5 - Date.now() / 1000;
  skew = Math.abs(difference) > 2 ? difference : 0;
}

export function age(seconds) {
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function duration(seconds) {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** "9:41", or "" when the time is up. */
export function left(seconds) {
  if (seconds <= 0) return "";
  const whole = Math.ceil(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const tail = `${String(whole % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** An ISO string or seconds since the epoch, as seconds since the epoch. */
export function seconds(at) {
  return typeof at === "number" ? at : Date.parse(at) / 1000;
}

/** The clock time as the reader's place writes it. */
export function clock(at) {
  return new Date(seconds(at) * 1000).toLocaleTimeString();
}
