import type { Bank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import {
  crashesAt,
  hooked,
  recordCrashPoints,
  SimulatedMachine,
  type SimulatedMachineOptions,
  systemError,
} from '#lib/testing/index.js';
import { sample } from '../sample.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const STATES_MAX = 60;

async function withPin(options: SimulatedMachineOptions = {}) {
  const machine = new SimulatedMachine(options);
  await machine.run(async () => {
    const process = machine.start();
    await process.initBank('/bank');
    const bank = await process.openBank('/bank');
    await bank.openAccount({ id: 'tom', firstName: 'Tom', lastName: 'Brady' });
    await bank.openAccount({ id: 'bare', firstName: 'No', lastName: 'Pin' });
    await bank.setPin('tom', '1212');
    await bank.close();
  });
  machine.disk.settle();
  return machine;
}

/** Whether the PIN is right, as a word. */
async function tried(bank: Bank, pin: string): Promise<string> {
  try {
    await bank.checkPin('tom', pin);
    return 'right';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

/** What `work` answers with the bank open, in a process of its own. */
function inside<T>(machine: SimulatedMachine, work: (bank: Bank) => Promise<T>): Promise<T> {
  return machine.run(async () => {
    const bank = await machine.start().openBank('/bank');
    const result = await work(bank);
    await bank.close();
    return result;
  });
}

describe('A PIN', () => {
  it('is right or wrong; three wrong ones lock it for a time that grows', async () => {
    const machine = await withPin();
    const first = await inside(machine, async (bank) => {
      const told = [
        await tried(bank, '0000'),
        await tried(bank, '1212'),
        await tried(bank, '0000'),
      ];
      const left = await bank.checkPin('tom', '0001').catch((error) => error);
      expect(left.message).toBe('The PIN of tom is wrong. 1 more try.');
      expect(left.details).toEqual({ id: 'tom', left: 1 });
      const last = await bank.checkPin('tom', '0002').catch((error) => error);
      expect(last.message).toMatch(/^The PIN of tom is wrong\. No other is taken before 20/);
      expect(last.hint).toBe('Wait until then.');
      return [...told, await tried(bank, '1212')];
    });
    expect(first).toEqual(['PIN_WRONG', 'right', 'PIN_WRONG', 'PIN_LOCKED']);
    // It is counted on the disk: another process hears of it, and each wrong one doubles the time.
    for (const seconds of [30, 60, 120]) {
      machine.skew += (seconds - 5) * SECOND;
      expect(await inside(machine, (bank) => tried(bank, '1212'))).toBe('PIN_LOCKED');
      machine.skew += 10 * SECOND;
      expect(await inside(machine, (bank) => tried(bank, '9999'))).toBe('PIN_WRONG');
    }
    machine.skew += HOUR;
    const after = await inside(machine, async (bank) => [
      await tried(bank, '1212'),
      await tried(bank, '0000'),
      await tried(bank, '0000'),
      await tried(bank, '1212'),
    ]);
    expect(after).toEqual(['right', 'PIN_WRONG', 'PIN_WRONG', 'right']);
  });

  it('is locked for a day at most, and a new one opens it at once', async () => {
    const machine = await withPin();
    for (let time = 0; time < 20; time++) {
      await inside(machine, (bank) => tried(bank, '0000'));
      machine.skew += 24 * HOUR;
    }
    await inside(machine, async (bank) => {
      expect(await tried(bank, '0000')).toBe('PIN_WRONG');
      expect(await tried(bank, '1212')).toBe('PIN_LOCKED');
      await bank.setPin('tom', '3434');
      expect(await tried(bank, '1212')).toBe('PIN_WRONG');
      expect(await tried(bank, '3434')).toBe('right');
    });
  });

  it('tells what its holder had seen at the last visit', async () => {
    const machine = await withPin();
    await inside(machine, async (bank) => {
      await bank.deposit('tom', '5.00');
      expect(await bank.checkPin('tom', '1212')).toEqual({ seen: 1 });
      await tried(bank, '0000');
      await bank.deposit('tom', '6.00');
      await bank.deposit('tom', '7.00');
      expect(await bank.checkPin('tom', '1212')).toEqual({ seen: 2 });
      await bank.setPin('tom', '5555');
      expect(await bank.checkPin('tom', '5555')).toEqual({ seen: 4 });
    });
  });

  it.each([
    ['no PIN', '12', 'INVALID_TEXT'],
    ['no PIN', '12345', 'INVALID_TEXT'],
    ['letters', '12a4', 'INVALID_TEXT'],
    ['a number', 1212, 'INVALID_TEXT'],
  ])('that is %s is refused, and not told again: %s', async (_, pin, code) => {
    const machine = await withPin();
    await inside(machine, async (bank) => {
      for (const verb of ['setPin', 'checkPin'] as const) {
        const error = await bank[verb]('tom', pin as string).catch((thrown) => thrown);
        expect(error.code).toBe(code);
        expect(error.message).not.toContain(String(pin));
      }
      expect(await tried(bank, '1212')).toBe('right');
    });
  });

  it('of an account without one, without an account, and of the world', async () => {
    const machine = await withPin();
    await inside(machine, async (bank) => {
      const bare = await bank.checkPin('bare', '1212').catch((error) => error);
      expect(bare).toMatchObject({ code: 'PIN_WRONG', details: { set: false } });
      expect(bare.hint).toContain('drovebank pin bare');
      for (const id of ['nobody', 'world-usd']) {
        await expect(bank.setPin(id, '1212')).rejects.toMatchObject({ code: /NOT_FOUND|INVALID/ });
      }
    });
  });

  it('lies hashed, in a folder of its own, and belongs to the bank', async () => {
    const machine = await withPin();
    const port = machine.disk.port();
    const [folder = ''] = await port.list('/bank/secrets');
    const names = await port.list(`/bank/secrets/${folder}`);
    expect(names).toEqual(['tom.0001.csv']);
    const text = String(await port.read(`/bank/secrets/${folder}/tom.0001.csv`));
    expect(text).toMatch(/^account,wrong,tried_at,seen,salt,hash,check\ntom,0,,1,[0-9a-f]{24},/);
    expect(text).not.toContain('1212');
    await inside(machine, async (bank) => {
      expect(await bank.verify()).toMatchObject({ ok: true });
      await tried(bank, '0000');
      expect(await bank.verify()).toMatchObject({ ok: true });
    });
    expect(await port.list(`/bank/secrets/${folder}`)).toEqual(['tom.0002.csv']);
  });

  it('whose file was changed is named as damaged, and set anew', async () => {
    const machine = await withPin();
    const port = machine.disk.port();
    const [folder = ''] = await port.list('/bank/secrets');
    const file = await port.open(`/bank/secrets/${folder}/tom.0001.csv`, 'write');
    await file.write(Buffer.from('9'), 48);
    await file.close();
    await inside(machine, async (bank) => {
      const error = await bank.checkPin('tom', '1212').catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'PIN_WRONG', details: { set: false } });
      expect((await bank.verify()).ok).toBe(false);
      expect(error.message).toContain(`secrets/${folder}/tom.0001.csv`);
      await bank.deposit('tom', '1.00'); // The books are whole.
      await bank.setPin('tom', '1212');
      expect(await tried(bank, '1212')).toBe('right');
    });
  });
});

describe('A PIN whose file is gone or cut', () => {
  it('is no PIN that was never set: who cut it would have forgotten the tries', async () => {
    const machine = await withPin();
    await inside(machine, async (bank) => {
      await tried(bank, '0000');
      const port = machine.disk.port();
      const [folder = ''] = await port.list('/bank/secrets');
      const file = await port.open(`/bank/secrets/${folder}/tom.0002.csv`, 'write');
      await file.truncate(60);
      await file.close();
      const error = await bank.checkPin('tom', '1212').catch((thrown) => thrown);
      expect(error.message).toContain('it was cut');
      await bank.setPin('tom', '1212');
      expect(await tried(bank, '1212')).toBe('right');
    });
  });
});

describe('The first file of a PIN', () => {
  it('that was cut while it was written is no PIN yet', async () => {
    const machine = await withPin();
    await inside(machine, async (bank) => {
      const port = machine.disk.port();
      const [folder = ''] = await port.list('/bank/secrets');
      const file = await port.open(`/bank/secrets/${folder}/tom.0001.csv`, 'write');
      await file.truncate(60);
      await file.close();
      const error = await bank.checkPin('tom', '1212').catch((thrown) => thrown);
      expect(error.message).toBe('tom has no PIN yet.');
    });
  });

  it('that is listed and can never be read ends in a refusal, and is replaced', async () => {
    const machine = await withPin();
    await machine.run(async () => {
      const process = machine.start((disk) =>
        hooked(disk, (step, go) => {
          // As a link that leads nowhere.
          if (step.name === 'read' && step.path.endsWith('tom.0001.csv')) {
            throw systemError('ENOENT', step.path);
          }
          return go();
        }),
      );
      const bank = await process.openBank('/bank');
      const error = await bank.checkPin('tom', '1212').catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'PIN_WRONG', details: { set: false } });
      await bank.setPin('tom', '1212');
      expect(await tried(bank, '1212')).toBe('right');
      await bank.close();
    });
  });
});

describe('A file of a PIN that the disk does not give', () => {
  it('is not passed over by verify', async () => {
    const machine = await withPin();
    const [told, code] = await machine.run(async () => {
      const process = machine.start((disk) =>
        hooked(disk, (step, go) => {
          if (step.name === 'read' && step.path.endsWith('tom.0001.csv')) {
            throw systemError('EIO', step.path);
          }
          return go();
        }),
      );
      const bank = await process.openBank('/bank');
      const verified = await bank.verify().then(
        ({ ok }) => ok,
        (error) => error.code as string,
      );
      const tries = await tried(bank, '1212');
      await bank.close();
      return [verified, tries];
    });
    expect(told).not.toBe(true);
    expect(code).toBe('IO_ERROR');
  });
});

describe('A PIN on a disk that fails', () => {
  it('is not looked at when the try can’t be counted, and the PIN stays as it was', async () => {
    const machine = await withPin();
    let full = false;
    await machine.run(async () => {
      const process = machine.start((disk) =>
        hooked(disk, (step, go) => {
          if (full && step.name === 'create' && step.path.startsWith('/bank/secrets')) {
            throw systemError('ENOSPC', step.path);
          }
          return go();
        }),
      );
      const bank = await process.openBank('/bank');
      full = true;
      expect(await tried(bank, '1212')).toBe('DISK_FULL');
      await expect(bank.setPin('tom', '9999')).rejects.toMatchObject({ code: 'DISK_FULL' });
      full = false;
      expect(await tried(bank, '9999')).toBe('PIN_WRONG');
      expect(await tried(bank, '1212')).toBe('right');
      await bank.close();
    });
  });
});

describe('Tries at a PIN', () => {
  it('at once count as so many, from whatever process', async () => {
    for (const seed of sample([1, 2, 3, 4, 5, 6, 7, 8], 8)) {
      const machine = await withPin({ seed, interleave: true });
      const told = await machine.run(async () => {
        const banks = await Promise.all([0, 1, 2].map(() => machine.start().openBank('/bank')));
        const guesses = banks.flatMap((bank, at) =>
          Array.from({ length: 30 }, (_, guess) => tried(bank, String(2000 + 30 * at + guess))),
        );
        const all = await Promise.all(guesses);
        await Promise.all(banks.map((bank) => bank.close()));
        return all;
      });
      expect(told.filter((word) => word === 'PIN_WRONG').length).toBeLessThanOrEqual(3);
      expect(new Set(told)).toEqual(new Set(['PIN_WRONG', 'PIN_LOCKED']));
      expect(await inside(machine, (bank) => tried(bank, '1212'))).toBe('PIN_LOCKED');
    }
  });

  it('of somebody who slept before each of its steps count as well', async () => {
    for (let sleepAt = 0; ; sleepAt++) {
      const machine = await withPin();
      let steps = 0;
      let slept = false;
      const [sleeper, others] = await machine.run(async () => {
        const other = await machine.start().openBank('/bank');
        let made: Promise<string[]> | undefined;
        const process = machine.start((disk) =>
          hooked(disk, async (step, go) => {
            if (!step.path.startsWith('/bank/secrets') || steps++ !== sleepAt) return go();
            slept = true;
            // While it sleeps somebody else tries twice.
            made = (async () => [await tried(other, '0001'), await tried(other, '0002')])();
            await made;
            return go();
          }),
        );
        const bank = await process.openBank('/bank');
        const own = await tried(bank, '0000');
        const rest = (await made) ?? [];
        await bank.close();
        await other.close();
        return [own, rest] as const;
      });
      if (!slept) return expect(sleepAt).toBeGreaterThan(5);
      expect([sleeper, ...others].filter((word) => word === 'right')).toEqual([]);
      // Three wrong ones in all: whoever comes next is locked out.
      expect(await inside(machine, (bank) => tried(bank, '1212'))).toBe('PIN_LOCKED');
    }
  });

  it('are not forgotten by any crash, and no crash counts one twice as many', async () => {
    const machine = await withPin();
    const points = await recordCrashPoints(machine, async (process, answered) => {
      const bank = await process.openBank('/bank');
      await tried(bank, '0000');
      answered('one');
      await tried(bank, '0001');
      answered('two');
      await bank.close();
    });
    const seen = new Set<string>();
    let states = 0;
    for (const point of points) {
      for (const crash of crashesAt(machine, point, { limit: STATES_MAX, seen })) {
        states++;
        const words = await inside(crash.machine, async (bank) => {
          const told: string[] = [];
          while (told.at(-1) !== 'PIN_LOCKED') told.push(await tried(bank, '0002'));
          crash.machine.skew += HOUR;
          return [...told, await tried(bank, '1212')];
        });
        // Of three tries those are gone that were counted: each that was answered, and the one on its way perhaps.
        const counted = 3 - (words.length - 2);
        const least = crash.answered.length;
        expect(counted, crash.text).toBeGreaterThanOrEqual(least);
        expect(counted, crash.text).toBeLessThanOrEqual(least + 1);
        expect(words.at(-1), crash.text).toBe('right');
      }
    }
    expect(states).toBeGreaterThan(15);
  });

  it('with a new PIN: behind any crash the old one is right or the new one is', async () => {
    const machine = await withPin();
    const points = await recordCrashPoints(machine, async (process, answered) => {
      const bank = await process.openBank('/bank');
      await bank.setPin('tom', '8383');
      answered('set');
      await bank.setPin('bare', '5050'); // The first one in its folder.
      answered('first');
      await bank.close();
    });
    const seen = new Set<string>();
    for (const point of points) {
      for (const crash of crashesAt(machine, point, { limit: STATES_MAX, seen })) {
        const words = await inside(crash.machine, async (bank) => {
          const fresh = await tried(bank, '8383');
          if (crash.answered.includes('first')) await bank.checkPin('bare', '5050');
          return [fresh, await tried(bank, '1212')];
        });
        const isSet = crash.answered.includes('set');
        if (isSet) expect(words, crash.text).toEqual(['right', 'PIN_WRONG']);
        else
          expect(
            words.filter((word) => word === 'right'),
            crash.text,
          ).toHaveLength(1);
      }
    }
  });
});
