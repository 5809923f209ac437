/** What is played in every order: processes with two or three things to do. */
import { type Act, POSTING, type Program } from './interleavings.js';
import { ADA, BOB } from './operations.js';
import type { Asked } from './oracle.js';

/** Without a key, so that nothing but the journal keeps it from being booked twice. */
const unkeyed = (key: string, to: string, cents: bigint): Asked => ({
  ...{ key, to, amount: cents, unkeyed: true },
});
const A = unkeyed('a', ADA, 1_00n);
const A2 = unkeyed('a2', ADA, 2_00n);
const B: Asked = { key: 'b', to: BOB, amount: 4_00n };
const C = unkeyed('c', ADA, 8_00n);
const DEAD: Asked = { key: 'dead', to: ADA, amount: 16_00n };

const program = (name: string, ...processes: readonly (readonly Act[])[]): Program => ({
  ...{ name, processes },
});

export const PROGRAMS = {
  writers: program('two writers', [A], [B]),
  again: program('two writers, one of them twice', [A, A2], [B]),
  leave: program('one leaves, and goes on', [A, 'leave', A2], [B]),
  dead: { ...program('two take over from the dead', [A], [B]), killed: [DEAD] },
  reader: program('a writer and a reader', [A, A2], ['look', 'look']),
  turn: { ...program('a segment turns', [A, A2], [B]), segmentBytesMax: 1_000 },
  room: { ...program('room is made ahead', [A, A2], [B]), roomAfterBytes: 0 },
  posters: {
    ...program('two posters', ['post'], ['post']),
    ...{ killed: [DEAD], shared: POSTING },
  },
  stale: program('who was fenced shows a balance', [A, 'look'], [C]),
  pair: program('two requests in one batch', [[A, A2]], [B]),
  damaged: program('the journal loses its end', [A, 'leave', 'lose the end', A2]),
  three: program('three writers', [A], [B], [C]),
  watched: program('two writers and a reader', [A], [B], ['look']),
} satisfies Record<string, Program>;
