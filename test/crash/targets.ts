/**
 * What an episode of the simulation is after. Left to chance alone, steps that come seldom are struck
 * seldom; so most episodes aim one fault at one numbered step, again and again, on a bank that is set up
 * so that the step comes often. All of it follows from the seed: any episode can be played alone.
 */
import { STEP_NAMES } from './steps.js';

export const FAULTS = ['kill', 'stop', 'clock jump', 'write-back', 'power cut'] as const;
export type Fault = (typeof FAULTS)[number];

/** How a bank and those who work on it must be for a step to come often; what is absent is left to chance. */
export interface Scene {
  /** What every other request is. */
  readonly favours?: 'opening' | 'posted';
  /** Requests, one after the other, between opening and closing: up to so many. */
  readonly rounds?: number;
  /** Processes at work, at least. */
  readonly crowd?: number;
  readonly shortSegments?: boolean;
  readonly shortPages?: boolean;
  /** One barrier makes pages durable already when they are few; or never. */
  readonly barriers?: boolean;
  /** Writers make room ahead of themselves. */
  readonly room?: boolean;
  /** What leads to the step: another fault, at one of so many steps of another name. */
  readonly by?: { readonly step: string; readonly fault: Fault; readonly odds: number };
}

export interface Target {
  readonly step: string;
  readonly fault: Fault;
  readonly scene: Scene;
}

/** Segments are begun behind who did not leave, and when they have grown. */
const DYING_WRITERS: Scene = {
  by: { step: 'A2 sync the journal', fault: 'kill', odds: 4 },
  shortSegments: true,
};
/** Others wait for them. */
const SLOW_WRITERS: Scene = {
  by: { step: 'A4 mark what counts', fault: 'stop', odds: 2 },
  rounds: 8,
  crowd: 3,
};
/** And for posters. */
const ASKING_POSTERS: Scene = { favours: 'posted', rounds: 6, crowd: 3 };

/** The index of accounts grows, and its runs are joined. */
const OPENERS: Scene = { favours: 'opening', rounds: 6 };

const SCENES: Readonly<Record<string, Scene>> = {
  'L1 draw a ticket': SLOW_WRITERS,
  'L2 touch the ticket': SLOW_WRITERS,
  'L5 remove the ticket': SLOW_WRITERS,
  // What is there to remove is left by who dies between staging a segment and publishing it.
  'T2 empty the desk': {
    by: { step: 'T5 publish the segment', fault: 'kill', odds: 2 },
    shortSegments: true,
  },
  'T5 begin a segment': DYING_WRITERS,
  'T5 publish the segment': DYING_WRITERS,
  'T5 trim the segment before': { room: true, rounds: 6 },
  'P1 empty the desk': { by: { step: 'P3 stage a page', fault: 'kill', odds: 6 } },
  'P3 make a folder': { favours: 'opening' },
  'X1 = X3 stage an index': OPENERS,
  'X2 publish a run': OPENERS,
  'X3 publish the list of runs': OPENERS,
  'X2 = X3 make its name durable': OPENERS,
  'X4 remove a run': OPENERS,
  'P4 make a page durable': { barriers: false },
  'P5 make names durable': { barriers: false },
  'P5 publish a sealed page': { shortPages: true },
  'P4 = P5 one barrier': { barriers: true },
  'P7 remove a ticket': ASKING_POSTERS,
  'a ticket for the poster': ASKING_POSTERS,
};

export function targetAt(step: string, fault: Fault): Target {
  return { step, fault, scene: SCENES[step] ?? {} };
}

const TARGETS = STEP_NAMES.flatMap((step) => FAULTS.map((fault) => targetAt(step, fault)));

/** One of so many episodes is left to chance alone. */
const FREE_EVERY = 8;
const AIMED = FREE_EVERY - 1;

/** What the episode of this seed is after: `undefined` for those that are left to chance. */
export function targetOf(seed: number): Target | undefined {
  const [round, place] = [Math.floor(seed / FREE_EVERY), seed % FREE_EVERY];
  if (place === 0) return undefined;
  return TARGETS[(round * AIMED + place - 1) % TARGETS.length];
}

/** The seed of the episode that is after a target for the so-manieth time. */
function seedOf(target: number, time: number): number {
  const place = time * TARGETS.length + target;
  return Math.floor(place / AIMED) * FREE_EVERY + (place % AIMED) + 1;
}

/** An episode that is after something is taken to have struck so often at least: what never comes is not waited for. */
const STRIKES_MIN = 4;

/**
 * Seeds for a long run, without an end: each time one that is after what was struck least so far, by
 * `strikes`, and now and then one that is left to chance. `first` chooses among those for one target.
 */
export function* seedsByNeed(
  strikes: (target: Target) => number,
  first: number,
): Generator<number> {
  const tries = TARGETS.map(() => 0);
  for (let count = 0; ; count++) {
    if (count % FREE_EVERY === 0) {
      yield FREE_EVERY * first + count;
      continue;
    }
    const struck = TARGETS.map((target, at) =>
      Math.max(strikes(target), (tries[at] ?? 0) * STRIKES_MIN),
    );
    const least = struck.indexOf(Math.min(...struck));
    const time = tries[least] ?? 0;
    tries[least] = time + 1;
    yield seedOf(least, first + time);
  }
}
