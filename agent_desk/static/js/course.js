// The course of a call: when it came, rang, was answered, held, moved. Pure.

import { duration, seconds } from './format.js';
import { isOurs, queueName, rung } from './words.js';

/** One line: `at` in ms of the epoch, `what`, `more`, `kind` '' | 'life' | 'warn' | 'done'. */
const line = (at, what, more = '', kind = '') => ({ at, what, more, kind });

/**
 * The lines of a call, oldest first. `seen` are the stages of this pop as they came
 * (`[{stage, since, waited_s}]`), `noted` what happened at this desk (`[{at, what, more}]`).
 */
export function courseOf(pop, seen, emergency, noted) {
  const lines = [];
  const ringing = seen.find((s) => s.stage === 'ringing');
  const talking = seen.find((s) => s.stage === 'talking');
  const first = ringing ?? talking;
  if (first && first.waited_s !== null) {
    const from = new Date(first.since).getTime() - first.waited_s * 1000;
    lines.push(line(from, `进入${queueName(pop.queue)}`));
  }
  const ended = seen.find((s) => s.stage === 'ended');
  if (ended) lines.push(line(new Date(ended.since).getTime(), '通话结束', talkedWords(talking, ended)));
  if (ringing) lines.push(line(Date.parse(ringing.since), '您的席位振铃', waitedWords(ringing)));
  if (talking) lines.push(line(Date.parse(talking.since), '接通', isOurs(pop.queue) ? '' : waitedWords(talking), 'done'));
  for (const step of emergency?.steps ?? []) lines.push(rungLine(step));
  for (const note of noted) lines.push(line(note.at, note.what, note.more ?? '', note.kind ?? ''));
  return lines.sort((a, b) => a.at - b.at);
}

function waitedWords({ stage, waited_s: waited }) {
  if (waited === null) return '';
  return stage === 'ringing' ? `此前排队 ${duration(waited)}` : `来电人共等 ${duration(waited)}`;
}

function talkedWords(talking, ended) {
  return talking ? `通话 ${duration((new Date(ended.since) - new Date(talking.since)) / 1000)}` : '';
}

function rungLine(step) {
  const more = step.elapsed_ms === null ? '' : `用时 ${seconds(step.elapsed_ms)}`;
  return line(Date.parse(step.at), rung(step), more, 'life');
}
