/** Which of the numbered steps of docs/architecture.md a call of the disk belongs to. */
import type { Step } from '#lib/testing/hooked-disk.js';

const RULES: readonly [name: string, calls: readonly string[], path: RegExp][] = [
  ['L1 draw a ticket', ['create', 'write'], /\/writer\.queue\//],
  ['L2 touch the ticket', ['touch'], /\/writer\.queue\//],
  ['L3 take the lock', ['makeFolder'], /\/writer\.lock$/],
  ['L4 = T1 rename the desk', ['rename'], /\/desks\/writer\/[^/]*$/],
  ['L5 remove the ticket', ['remove'], /\/writer\.queue\//],
  ['L6 let go of the lock', ['removeFolder'], /\/writer\.lock$/],
  ['T2 empty the desk', ['remove'], /\/desks\/writer\/[^/]+\/segment-/],
  ['T3 read the mark', ['read'], /\/answered-/],
  ['T5 begin a segment', ['create', 'write', 'sync'], /\/segment-/],
  ['T5 publish the segment', ['rename'], /\/journal\/[^/]*-[^/]*$/],
  ['T5 = P6 make its name durable', ['syncFolder'], /\/journal$/],
  ['T5 trim the segment before', ['truncate'], /\/journal\//],
  ['T7 make the mark', ['create'], /\/answered-/],
  ['T7 remove the mark before', ['remove'], /\/answered-/],
  ['A1 = L6 write to the journal', ['write'], /\/journal\//],
  ['A2 sync the journal', ['sync'], /\/journal\//],
  ['A3 = T6 = P5 look at the desk', ['facts'], /\/desks\/(writer|poster)\//],
  ['A4 mark what counts', ['write'], /\/answered-/],
  ['T4 = P2 read the journal', ['read', 'open', 'size'], /\/journal\//],
  ['P1 take the lock', ['makeFolder'], /\/poster\.lock$/],
  ['P1 rename the desk', ['rename'], /\/desks\/poster\/[^/]*$/],
  ['P1 empty the desk', ['remove'], /\/desks\/poster\/[^/]+\//],
  ['P1 let go of the lock', ['removeFolder'], /\/poster\.lock$/],
  ['P3 stage a page', ['create', 'write'], /\/page-/],
  ['P4 make a page durable', ['sync'], /\/page-/],
  ['P3 make a folder', ['makeFolder'], /\/accounts\//],
  ['P5 publish a sealed page', ['rename'], /\/accounts\/.*\.\d+\.csv$/],
  ['P5 publish an open page', ['rename'], /\/accounts\//],
  ['P5 make names durable', ['syncFolder'], /\/accounts(\/|$)/],
  ['P4 = P5 one barrier', ['flushFileSystem'], /./],
  ['X1 = X3 stage an index', ['create', 'write', 'sync'], /\/index-/],
  ['X2 publish a run', ['rename'], /\/index\/[a-z]+-[^/]*$/],
  ['X3 publish the list of runs', ['rename'], /\/index\//],
  ['X2 = X3 make its name durable', ['syncFolder'], /\/index$/],
  ['X4 remove a run', ['remove'], /\/index\//],
  ['P6 stage the checkpoint', ['create', 'write', 'sync'], /\/checkpoint-/],
  ['P6 publish the checkpoint', ['rename'], /\/checkpoint\.csv$/],
  ['P7 remove a ticket', ['remove'], /\/poster\.queue\//],
  ['a ticket for the poster', ['create', 'write', 'touch'], /\/poster\.queue\//],
];

/** The rules for each call: a simulation asks at every step. */
const RULES_OF = new Map<string, [name: string, path: RegExp][]>();
for (const [name, calls, path] of RULES) {
  for (const call of calls) RULES_OF.set(call, [...(RULES_OF.get(call) ?? []), [name, path]]);
}

/** `undefined` for what has no number: a look that decides nothing alone. */
export function stepNameOf({ name, path }: Step): string | undefined {
  return RULES_OF.get(name)?.find(([, pattern]) => pattern.test(path))?.[0];
}

export const STEP_NAMES: readonly string[] = RULES.map(([name]) => name);
