/**
 * A small bank with something of everything that a bank's folder may hold, on the simulated disk, and
 * each whole version that a file of it ever had.
 */
import { openAt } from '#lib/bank/open-bank.js';
import type { Disk } from '#lib/disk/disk.js';
import { changes, hooked } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine, type SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { gateAt } from './faults.js';
import { BANK } from './oracle.js';

export const [ADA, BOB, EVA, SHOP, KIOSK] = [
  'a10017',
  'a10025',
  'a10033',
  'corner-shop',
  'kiosk',
] as const;

/** How the bank was left. */
export type Left = 'at work' | 'at work, then the power went' | 'closed' | 'stopped';
export const LEFT: readonly Left[] = [
  'at work',
  'at work, then the power went',
  'closed',
  'stopped',
];

export interface DamageBank {
  readonly left: Left;
  /** The machine as the next process finds it: everybody of before is dead. */
  readonly machine: SimulatedMachine;
  /** Each version that a file had before the one that lies there now, the oldest first. */
  readonly older: ReadonlyMap<string, readonly Buffer[]>;
  /** Every file with its bytes, and every folder (ending in `/`), by its path. */
  readonly bytes: ReadonlyMap<string, Buffer>;
}

/** Bytes behind which a segment of this bank is followed by another. */
const SEGMENT_BYTES_MAX = 1_600;
/** A sealed page has so few rows, so that every byte of every file can be tried. */
const PAGE_ROWS_MAX = 6;

/** Plays the bank's life. The same each time. */
export async function damageBank(left: Left): Promise<DamageBank> {
  const life = new Life();
  await life.begin();
  if (left === 'closed') await life.close();
  if (left === 'stopped') await life.stop();
  const { machine } = life;
  machine.disk.settle();
  const rebooted = left === 'at work, then the power went';
  const next = rebooted ? machine.rebooted(machine.disk) : machine.killed(machine.disk);
  const bytes = next.disk.tree();
  const older = new Map<string, Buffer[]>();
  for (const [path, versions] of life.versions) {
    const now = bytes.get(path);
    const others = versions.filter((version) => now === undefined || !version.equals(now));
    if (now !== undefined && others.length > 0) older.set(path, others);
  }
  return { left, machine: next, older, bytes };
}

class Life {
  readonly machine = new SimulatedMachine({
    segmentBytesMax: SEGMENT_BYTES_MAX,
    pageRowsMax: PAGE_ROWS_MAX,
  });
  readonly versions = new Map<string, Buffer[]>();

  /** Four processes: one that leaves, two that are killed, and one at work when it is killed. */
  async begin(): Promise<void> {
    await this.#process(async (process) => {
      await process.initBank(BANK);
      const bank = await process.openBank(BANK);
      await bank.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
      await bank.openAccount({ firstName: 'Bob', lastName: 'O’Brien, "junior"' });
      await bank.openAccount({ firstName: 'Eva', lastName: 'Euro', currency: 'EUR' });
      await bank.openAccount({ id: SHOP, firstName: 'Corner', lastName: 'Shop' });
      // Nobody ever pays here: what is not there can't show in a sum.
      await bank.openAccount({ id: KIOSK, firstName: 'Kiosk', lastName: 'Empty' });
      await bank.deposit(ADA, '100.00', { memo: 'first, "of all"', idempotencyKey: 'k1' });
      await bank.deposit(EVA, '7.50', { memo: '=1+1' });
      await bank.close();
    });
    const gate = gateAt(({ name, path }) => name === 'write' && path.includes('/answered-'));
    await this.#process(async (process) => {
      const bank = await process.openBank(BANK);
      await bank.deposit(BOB, '20.00');
      await bank.posted();
      const many = Array.from({ length: 3 }, () => ({ to: ADA, amount: '0.01' }));
      for (let batch = 0; batch < 2; batch++) await bank.transferMany(many);
      await bank.posted(); // The pages of ada and of the outside turn.
      // Killed when it is durable and not answered yet: who comes next copies it.
      gate.shut();
      bank.transfer({ from: ADA, to: SHOP, amount: '5.00', idempotencyKey: 'k2' }).catch(() => {});
      await gate.reached;
    }, gate.on);
    await this.#process(async (process) => {
      const bank = await process.openBank(BANK);
      await bank.transfer({ from: BOB, to: SHOP, amount: '2.00', reference: 'inv-7' });
      await bank.posted();
      await bank.withdraw(SHOP, '1.00');
    });
    await this.#process(async (process) => {
      const bank = await openAt({ ...process.host, roomAfterBytes: 0 }, BANK);
      await bank.transfer({ from: SHOP, to: ADA, amount: '0.50' });
      await bank.posted();
      await bank.withdraw(EVA, '0.50');
      await bank.transfer({ from: ADA, to: BOB, amount: '1.25', idempotencyKey: 'k3' });
      process.stop();
      const other = this.#start();
      const waits = await other.openBank(BANK);
      waits.deposit(BOB, '1.00').catch(() => {});
      // Long enough to draw a ticket, too short to find that nobody answers.
      await other.host.system.pause(200).done;
      other.kill();
    });
  }

  async close(): Promise<void> {
    await this.#process(async (process) => {
      const bank = await process.openBank(BANK);
      await bank.deposit(BOB, '1.00');
      await bank.close();
    });
  }

  /** Somebody came upon damage, the notice stands, and then the disk was well again. */
  async stop(): Promise<void> {
    await this.close();
    const { disk } = this.machine;
    const page = [...disk.tree().keys()].find((path) => path.endsWith(`/${ADA}.csv`)) ?? '';
    const whole = disk.tree().get(page) ?? Buffer.alloc(0);
    disk.writeAt(page, Buffer.from('?'), 400);
    await this.#process(async (process) => {
      const bank = await process.openBank(BANK);
      await bank.balance(ADA).catch(() => {});
      await bank.close().catch(() => {});
    });
    disk.writeAt(page, whole.subarray(400, 401), 400);
  }

  #start(alter = (disk: Disk) => disk): SimulatedProcess {
    return this.machine.start((disk) =>
      alter(
        hooked(disk, (step, go) => {
          if (changes(step)) this.#keep();
          return go();
        }),
      ),
    );
  }

  async #process(
    work: (process: SimulatedProcess) => Promise<void>,
    alter?: (disk: Disk) => Disk,
  ): Promise<void> {
    this.machine.skew += 60_000;
    const process = this.#start(alter);
    await this.machine.run(() => work(process));
    process.kill();
    this.#keep();
  }

  #keep(): void {
    for (const [path, bytes] of this.machine.disk.tree()) {
      const versions = this.versions.get(path) ?? [];
      if (path.endsWith('/') || versions.at(-1) === bytes) continue;
      if (versions.at(-1)?.equals(bytes) !== true) versions.push(bytes);
      this.versions.set(path, versions);
    }
  }
}
