// What a screen reader says as things happen: one short sentence for each event that matters.

const SENTENCES = {
  tool_started: (frame) => `Running ${frame.call.name}.`,
  approval_requested: (frame) =>
    `Approval needed: ${frame.call.name} on ${frame.host}, ${frame.verdict.risk}.`,
  approval_decided: (frame) => `Approval ${frame.approval}: ${frame.decision}.`,
  approval_expired: (frame) => `Approval ${frame.approval} expired.`,
  run_finished: (frame) => `Answer: ${frame.text.slice(0, 300)}`,
  run_failed: (frame) => `Failed: ${frame.reason}`,
  run_stopped: () => "Stopped.",
  incident_changed: (frame) => `Incident ${frame.incident} is ${frame.state}: ${frame.text}`,
};

export function announce(frame) {
  const sentence = SENTENCES[frame.type]?.(frame);
  if (sentence) document.getElementById("announcer").textContent = sentence;
}
