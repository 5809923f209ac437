/**
 * A crash at every step of some work: what a power cut or kill -9 would leave of the disk, before each
 * step that changes something and behind the last.
 */
import { createHash } from 'node:crypto';
import type { Disk } from '../disk/disk.js';
import { changes, hooked, type Step } from './hooked-disk.js';
import { powerCuts } from './power-cuts.js';
import type { SimulatedDisk } from './simulated-disk.js';
import type { SimulatedMachine, SimulatedProcess } from './simulated-machine.js';

/** A moment at which the machine or the process may go. */
export interface CrashPoint {
  /** The step that does not happen any more; none behind the last. */
  readonly step: Step | undefined;
  readonly disk: SimulatedDisk;
  /** What had been answered by then. */
  readonly answered: readonly string[];
}

/** What is left, and of what. */
export interface Crash {
  readonly machine: SimulatedMachine;
  readonly how: 'killed' | 'torn' | 'power cut';
  readonly answered: readonly string[];
  /** For people: at which step, and what of the rest reached the disk. */
  readonly text: string;
}

/** Starts a process whose steps are kept. `alter` may put something before them. */
export type Start = (alter?: (disk: Disk) => Disk) => SimulatedProcess;

/**
 * Does `work` in a new process of `machine`, and in those that it starts itself, and keeps each moment
 * of it. `answered` is to be called when somebody has been told something.
 */
export async function recordCrashPoints(
  machine: SimulatedMachine,
  work: (
    process: SimulatedProcess,
    answered: (what: string) => void,
    start: Start,
  ) => Promise<void>,
): Promise<CrashPoint[]> {
  const points: CrashPoint[] = [];
  const told: string[] = [];
  const keep = (step: Step | undefined) =>
    points.push({ step, disk: machine.disk.clone(), answered: [...told] });
  const started: SimulatedProcess[] = [];
  const start: Start = (alter = (disk) => disk) => {
    const process = machine.start((disk) =>
      alter(
        hooked(disk, (step, go) => {
          if (changes(step)) keep(step);
          return go();
        }),
      ),
    );
    started.push(process);
    return process;
  };
  const process = start();
  await machine.run(() => work(process, (what) => told.push(what), start));
  keep(undefined);
  for (const each of started) each.kill();
  return points;
}

export interface CrashOptions {
  /** Power cuts to try at one moment, at most. */
  readonly limit: number;
  /** States that were seen already are left out. */
  readonly seen: Set<string>;
}

/** Everything that a crash at this moment may leave. */
export function* crashesAt(
  machine: SimulatedMachine,
  point: CrashPoint,
  { limit, seen }: CrashOptions,
): Generator<Crash> {
  const { step, disk, answered } = point;
  const at = step ? `before ${step.name} ${step.path}` : 'behind the last step';
  const isNew = (how: Crash['how'], left: SimulatedDisk) => {
    const kind = how === 'power cut' ? how : 'killed';
    const name = `${kind} ${stateOf(left)} ${answered.join()}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  };
  if (isNew('killed', disk)) {
    yield { machine: machine.killed(disk), how: 'killed', answered, text: `killed ${at}` };
  }
  const torn = step && tornWrite(disk, step);
  if (torn && isNew('torn', torn)) {
    yield {
      machine: machine.killed(torn),
      how: 'torn',
      answered,
      text: `killed in ${at.slice(7)}`,
    };
  }
  for (const survives of powerCuts(disk.effects, limit, machine.random)) {
    const left = disk.afterPowerCut(survives);
    if (!isNew('power cut', left)) continue;
    const lost = disk.effects.filter(({ number }) => !survives.has(number));
    const text = `power cut ${at}; lost: ${lost.map((effect) => effect.text).join(', ') || 'nothing'}`;
    yield { machine: machine.rebooted(left), how: 'power cut', answered, text };
  }
}

/** The process went when half of its bytes were written. */
function tornWrite(disk: SimulatedDisk, step: Step): SimulatedDisk | undefined {
  const { path, bytes, position } = step;
  if (bytes === undefined || position === undefined || bytes.length < 2) return undefined;
  const torn = disk.clone();
  return torn.writeAt(path, bytes.subarray(0, bytes.length >> 1), position) ? torn : undefined;
}

/** The same text for disks with the same files in them. */
export function stateOf(disk: SimulatedDisk): string {
  const hash = createHash('sha1');
  for (const [path, bytes] of disk.tree()) hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  return hash.digest('base64');
}
