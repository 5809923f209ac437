/** One error of the disk at one step of an operation, and what comes of it. */
import type { Bank } from '#lib/bank/api.js';
import type { Disk, DiskFile } from '#lib/disk/disk.js';
import { BankError } from '#lib/ledger/errors.js';
import { asBankError } from '#lib/store/disk-error.js';
import { changes, type Hook, hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { powerCuts } from '#lib/testing/power-cuts.js';
import type { FailedSync } from '#lib/testing/simulated-disk.js';
import type { SimulatedMachine, SimulatedProcess } from '#lib/testing/simulated-machine.js';
import type { Operation, Told } from './operations.js';
import {
  type Asked,
  ask,
  askAgain,
  BANK,
  type Balances,
  expectPromises,
  expectSound,
  must,
  REFUSALS,
  recover,
} from './oracle.js';
import { ready } from './scenario.js';

export const CODES = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EACCES', 'EROFS', 'EINTR'] as const;
export type Code = (typeof CODES)[number];

export interface Fault {
  /** At which step of the operation, all its processes together. */
  readonly at: number;
  readonly code: Code;
  readonly lasts: 'once' | 'until it is lifted';
  /** `behind`: the step happened, and its caller is told that it failed. `half`: a short write first. */
  readonly when: 'before' | 'behind' | 'half';
  /** What a failed sync of a file leaves. */
  readonly how?: FailedSync | undefined;
  /** `goes on`: in the same process, when the cause is gone. `leaves`: while it is not gone. */
  readonly end: 'goes on' | 'leaves' | 'is killed' | 'loses power';
}

const ENDS: readonly Fault['end'][] = ['goes on', 'leaves', 'is killed', 'loses power'];
const FAILED_SYNCS: readonly FailedSync[] = ['dirty', 'forgotten', 'reverted', 'late'];
const CUTS = 3;

/** A step of an operation on a bank that is ready for it. */
export interface Scene {
  readonly operation: Operation;
  readonly machine: SimulatedMachine;
  readonly before: Balances | undefined;
  readonly steps: readonly Step[];
}

/** The operation without any fault: what there is to strike at. */
export async function sceneOf(operation: Operation): Promise<Scene> {
  const [machine, before] = await ready(operation);
  const steps: Step[] = [];
  const scene = { operation, machine, before, steps };
  const run = new Run(scene, (step, go) => {
    steps.push(step);
    return go();
  });
  await run.work('leaves');
  must(run.told.length === 0, `without a fault: ${run.told.join()}`);
  run.end();
  return scene;
}

/** Every fault that may strike at a step. */
export function faultsAt({ steps }: Scene, at: number): Fault[] {
  const step = steps[at] as Step;
  const whens: Fault['when'][] = changes(step) ? ['before', 'behind'] : ['before'];
  if (step.name === 'close') whens.shift(); // Whatever it says, the descriptor is gone.
  return CODES.flatMap((code) =>
    whens.flatMap((asked) => {
      const when = isFull(code) && asked === 'behind' && step.name === 'write' ? 'half' : asked;
      const hows = code === 'EIO' && step.name === 'sync' ? FAILED_SYNCS : [undefined];
      return hows.flatMap((how) =>
        (['once', 'until it is lifted'] as const).flatMap((lasts) =>
          ENDS.map((end) => ({ at, code, lasts, when, how, end })),
        ),
      );
    }),
  );
}

/** What an error strikes that does not pass. */
function strikes(code: Code, { name }: Step): boolean {
  const byPath = !['write', 'size', 'truncate', 'sync', 'close'].includes(name);
  switch (code) {
    case 'EIO':
    case 'EINTR':
      return true;
    case 'ENOSPC':
    case 'EDQUOT':
      return ['write', 'create', 'makeFolder'].includes(name);
    case 'EMFILE':
      return ['open', 'create', 'list', 'syncFolder'].includes(name);
    case 'EACCES':
      return byPath;
    case 'EROFS':
      return changes({ name, path: '' }) && name !== 'close';
  }
}

export function textOf({ steps }: Scene, fault: Fault): string {
  const { name, path } = steps[fault.at] as Step;
  const { code, when, how = '', lasts, end } = fault;
  return `${code} ${when} step ${fault.at}, ${name} ${path} ${how}, ${lasts}; ${end}`;
}

/** Lets the fault strike, and holds what comes of it against the promises. @returns the steps struck */
export async function tryFault(scene: Scene, fault: Fault): Promise<readonly Step[]> {
  const struck: Step[] = [];
  try {
    await strike(scene, fault, struck);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `${scene.operation.name}, ${textOf(scene, fault)}: ${why}`;
    throw new Error(text, { cause: error });
  }
  return struck;
}

async function strike(scene: Scene, fault: Fault, struck: Step[]): Promise<void> {
  const { operation } = scene;
  let lifted = false;
  let count = 0;
  let torn: string | undefined;
  /** The file to whose end room was just added: zeros, to be made durable before they are written over. */
  let room: string | undefined;
  let struckRoom = false;
  const run = new Run(scene, (step, go) => {
    const index = count++;
    if (step.name === 'write') room = step.bytes?.[0] === 0 ? step.path : undefined;
    const { code, when, how } = fault;
    const again = fault.lasts !== 'once' && index > fault.at && strikes(code, step);
    const rest = torn !== undefined && torn === step.path && step.name === 'write';
    if (lifted || !(index === fault.at || again || rest)) return go();
    struck.push(step);
    struckRoom ||= step.name === 'sync' && step.path === room;
    const fail = (): never => {
      throw systemError(code, step.path);
    };
    if (rest) torn = undefined;
    else if (when === 'half' && step.name === 'write' && (step.bytes?.length ?? 0) > 1) {
      torn = step.path;
      return go(step.bytes?.subarray(0, step.bytes.length >> 1));
    }
    if (how && step.name === 'sync') return run.machine.disk.failSync(step.path, how);
    // A full disk takes a part of the bytes, or none.
    const takesNone = isFull(code) && step.name === 'write';
    const happens = step.name === 'close' || (when === 'behind' && changes(step) && !takesNone);
    return happens ? happened(go).then(fail) : fail();
  });
  run.isStruck = () => struck.length > 0;
  run.lift = () => {
    lifted = true;
  };
  await run.work(fault.end);
  lifted = true;
  const stopped = isStopped(run.machine);
  const may = isStopped(scene.machine) || struck.some((step) => isFinal(step, fault));
  must(!stopped || may, 'P6: the bank was stopped by this');
  const isSync = struck.length === 1 && struck[0]?.name === 'sync';
  // Room that fails to become durable holds nothing yet: the writer is fenced, and begins a new segment.
  const isCommit = isSync && isFinal(struck[0] as Step, fault) && !struckRoom;
  must(!isCommit || stopped || fault.end === 'goes on', 'a sync that failed did not stop the bank');
  run.end();
  const { killed = [], asked, again } = operation;
  const promised = {
    before: scene.before,
    asked: [...killed, ...(operation.failed ? [operation.failed.asked] : []), ...asked].filter(
      ({ key }, index, all) => all.findIndex((other) => other.key === key) === index,
    ),
    answered: [...killed.map(({ key }) => key), ...run.answered],
    denied: [...run.denied],
    again,
  };
  const { machine } = run;
  if (fault.end !== 'loses power') {
    const left = machine.killed(machine.disk);
    return expectPromises(left, { ...promised, stops: stopped });
  }
  for (const survives of powerCuts(machine.disk.effects, CUTS, machine.random)) {
    const left = machine.rebooted(machine.disk.afterPowerCut(survives));
    await expectPromises(left, { ...promised, stops: isStopped(left) });
  }
}

/** The step happens; what it opened is closed: nobody was given it. */
async function happened(go: Parameters<Hook>[1]): Promise<void> {
  const result = (await go()) as Partial<DiskFile> | undefined;
  if (typeof result?.close === 'function') await result.close();
}

const isFull = (code: Code) => code === 'ENOSPC' || code === 'EDQUOT';

/** A journal that may be wrong: the one reason to stop a bank. */
function isFinal({ name, path }: Step, { code }: Fault): boolean {
  if (!path.startsWith(`${BANK}/journal/`)) return false;
  return name === 'sync' || (name === 'write' && !isFull(code));
}

function isStopped(machine: SimulatedMachine): boolean {
  const away = /\/desks\/(writer|poster)\/damaged-/;
  for (const path of machine.disk.tree().keys()) {
    if (path === `${BANK}/PAIN.csv` || away.test(path)) return true;
  }
  return false;
}

/** What may be told when the disk fails. */
const CLEAR = [
  'DISK_FULL',
  'IO_ERROR',
  'NO_PERMISSION',
  'BANK_READ_ONLY',
  'BANK_DAMAGED',
  'BANK_BUSY',
  'OUTCOME_UNKNOWN',
];
/** What may be told when something before was not booked. */
const FOLLOWS = [...REFUSALS, 'ACCOUNT_NOT_FOUND', 'BANK_NOT_FOUND', 'BANK_EXISTS'];

class Stop extends Error {}

/** An operation at work: who has which bank open, and what was told to whom. */
class Run {
  readonly machine: SimulatedMachine;
  readonly answered = new Set<string>();
  /** Keys of what was told not to have happened. */
  readonly denied = new Set<string>();
  /** Codes of all refusals. */
  readonly told: string[] = [];
  isStruck = () => false;
  lift = () => {};
  readonly #scene: Scene;
  readonly #hook: Hook;
  readonly #processes: SimulatedProcess[] = [];
  readonly #open = new Set<Bank>();

  constructor(scene: Scene, hook: Hook) {
    this.#scene = scene;
    this.#hook = hook;
    this.machine = scene.machine.killed(scene.machine.disk);
  }

  /** Does the operation's work to its end, or until it is struck and `end` says so. */
  async work(end: Fault['end']): Promise<void> {
    const told = this.#listening(end);
    await this.machine.run(async () => {
      try {
        await this.#scene.operation.work(told.start(), told);
      } catch (error) {
        if (!(error instanceof Stop)) throw error;
      }
      if (this.isStruck() && !isEnd(end)) return;
      for (const bank of this.#open) await told.close(bank);
    });
    if (this.isStruck() && !isEnd(end)) return;
    for (const { open } of this.#processes) {
      must(open.size === 0, `P10: still open: ${[...open.values()].join(', ')}`);
    }
  }

  end(): void {
    for (const process of this.#processes) process.kill();
  }

  #listening(end: Fault['end']): Told {
    return {
      machine: this.machine,
      start: (alter = (disk) => disk) => this.#start(alter),
      open: async (process, open = () => process.openBank(BANK)) => {
        try {
          const bank = await open();
          this.#open.add(bank);
          return bank;
        } catch (error) {
          this.#note(asBankError(error));
          throw new Stop();
        }
      },
      ask: (bank, one) => this.#ask(bank, one),
      attempt: async (asked, work) => {
        try {
          await work();
          for (const { key } of asked) this.answered.add(key);
        } catch (error) {
          const { committed } = this.#note(asBankError(error));
          if (this.#scene.operation.again || committed !== false) return;
          for (const { key } of asked) this.denied.add(key);
        }
      },
      close: async (bank) => {
        if (this.isStruck() && !isEnd(end)) throw new Stop();
        this.#open.delete(bank);
        if (this.isStruck() && end === 'goes on') {
          this.lift();
          await this.#processes[0]?.host.system.turn(); // What was under way has failed by then.
          await this.#goOn(bank);
          await bank.close();
        } else {
          await bank.close().catch((error) => this.#note(error));
        }
      },
    };
  }

  #start(alter: (disk: Disk) => Disk): SimulatedProcess {
    const process = this.machine.start((disk) => alter(hooked(disk, this.#hook)));
    this.#processes.push(process);
    return process;
  }

  async #ask(bank: Bank, one: Asked): Promise<void> {
    try {
      await ask(bank, one);
      must(one.refused !== true, `P3: ${one.key} is booked, and was to be refused`);
      this.answered.add(one.key);
    } catch (error) {
      if (one.refused && REFUSALS.includes(codeOf(error))) return;
      const { committed } = this.#note(error);
      // What was under way before may have been booked then.
      const isOld = one.key === this.#scene.operation.failed?.asked.key;
      if (committed === false && !isOld) this.denied.add(one.key);
    }
  }

  /** The cause is gone: the same process goes on, at once or when the bank was recovered. */
  async #goOn(bank: Bank): Promise<void> {
    const { asked, again } = this.#scene.operation;
    const goOn = async () => {
      if (again) await again(bank);
      else await askAgain(bank, asked, this.answered, this.denied);
      await expectSound(bank);
    };
    try {
      await goOn();
    } catch (error) {
      if (codeOf(error) !== 'BANK_DAMAGED') throw error;
      await recover(this.machine);
      await goOn();
    }
    for (const { key, refused } of asked) if (!refused) this.answered.add(key);
  }

  /** A failure is told by a code that says what it is. */
  #note(error: unknown): BankError {
    if (!(error instanceof BankError)) throw error;
    this.told.push(error.code);
    const known = CLEAR.includes(error.code) || (this.isStruck() && FOLLOWS.includes(error.code));
    must(known, `P10: it was told as ${error.code}: ${error.message}`);
    return error;
  }
}

const isEnd = (end: Fault['end']) => end === 'goes on' || end === 'leaves';
const codeOf = (error: unknown) => String((error as { code?: unknown }).code);
