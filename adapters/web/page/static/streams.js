// Live items: text of a reply or of a tool as it comes. The recorded event replaces it later.

import { grow, growTail } from "./live.js";
import { addStep, changeCall, changeItem, openStep } from "./steps.js";

export const LIVE = { model_delta: modelDelta, tool_output: toolOutput };

function modelDelta(run, frame) {
  if (run.closed !== null && frame.step <= run.closed) return run;
  const step = openStep(run);
  if (!step || step.streams !== frame.step) {
    return modelDelta(addStep(close(run), { open: true, streams: frame.step }), frame);
  }
  const had = step.live[frame.channel];
  const grown = grow(had, frame.offset, frame.text);
  if (grown === had) return run;
  return changeItem(run, step.key, (old) => ({
    ...old, [frame.channel]: grown.text, live: { ...old.live, [frame.channel]: grown },
  }));
}

function toolOutput(run, frame) {
  const call = run.items.flatMap((item) => item.calls ?? []).find((one) => one.id === frame.call);
  if (call?.state !== "running") return run;
  const streamed = growTail(call.streamed, frame.offset, frame.text);
  if (streamed === call.streamed) return run;
  return changeCall(run, frame.call, (old) => ({ ...old, streamed, output: streamed.text }));
}

/** A step that was streamed and never recorded stays as it was, no longer moving. */
export function close(run) {
  const step = openStep(run);
  return step ? changeItem(run, step.key, (old) => ({ ...old, open: false })) : run;
}
