import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ifThere, writeAll } from '#lib/disk/disk.js';
import { FormatDamage } from '#lib/format/damage.js';
import { channels } from '#lib/store/channels.js';
import {
  damaged,
  declareDamage,
  named,
  noticeOf,
  PAIN_FILE,
  readNotice,
  refuseDamaged,
  unlessDamaged,
} from '#lib/store/damage.js';
import { recoverBank } from '#lib/store/recover.js';
import { crashesAt, recordCrashPoints } from '#lib/testing/crashes.js';
import { hooked, type Step, systemError } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine } from '#lib/testing/simulated-machine.js';

const BANK = '/bank';
const PAIN = join(BANK, PAIN_FILE);
const FOUND = damaged('accounts/f7/74/a10017.csv', 'row 3 does not follow');
const WHEN = '2026-11-25T00:00:00.000Z';
/** A clock that stands. */
const system = { now: () => Date.parse(WHEN) };
const NOTICE = `accounts/f7/74/a10017.csv: row 3 does not follow (stopped ${WHEN})`;

async function machineWithBank(): Promise<SimulatedMachine> {
  const machine = new SimulatedMachine({});
  const maker = machine.start();
  await machine.run(() => maker.initBank(BANK));
  maker.kill();
  machine.disk.settle();
  return machine;
}

/** What the notice says, how many desks are away, and what is told to who finds one away. */
async function standingOf(machine: SimulatedMachine) {
  const disk = machine.start().host.disk({ shared: false });
  const notice = await ifThere(() => disk.read(PAIN));
  const lists = ['writer', 'poster'].map((role) => disk.list(join(BANK, 'desks', role)));
  const desks = (await Promise.all(lists)).flat();
  const away = desks.filter((name) => /^damaged-\d/.test(name)).length;
  const told = (await refuseDamaged(disk, BANK)).details.what;
  return { says: notice && readNotice(notice.toString('utf8')), away, told };
}

/** Damage was declared, all of it. */
const STOPPED = { says: NOTICE, away: 2, told: NOTICE };

describe('damage that was found', () => {
  it('is durable when it was declared; nobody finds a desk away and is not told why, nor a notice while a desk is in place', async () => {
    const machine = await machineWithBank();
    const points = await recordCrashPoints(machine, async (process, answered) => {
      const disk = process.host.disk({ shared: false });
      await declareDamage({ disk, directory: BANK, system }, FOUND);
      answered('declared');
    });
    const seen = new Set<string>();
    let states = 0;
    for (const point of points) {
      for (const crash of crashesAt(machine, point, { limit: 50, seen })) {
        const standing = await standingOf(crash.machine);
        if (standing.away > 0) expect(standing.told, crash.text).toBe(NOTICE);
        // Behind a power cut nobody has the bank open who would go on.
        const noticed = standing.says !== undefined && crash.how !== 'power cut';
        if (crash.answered.length > 0 || noticed) expect(standing, crash.text).toEqual(STOPPED);
        states++;
      }
    }
    expect(states).toBeGreaterThan(points.length);
  });

  it('is declared once: the first notice stays, and no desk is moved twice', async () => {
    const machine = await machineWithBank();
    const disk = machine.start().host.disk({ shared: false });
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    const before = await standingOf(machine);
    await declareDamage({ disk, directory: BANK, system }, damaged('bank.json', 'another one'));
    expect(await standingOf(machine)).toEqual(before);
    expect(before).toEqual(STOPPED);
  });

  it('moves a desk that lies beside one that is away, and that one no further', async () => {
    const machine = await machineWithBank();
    const disk = machine.start().host.disk({ shared: false });
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    const folder = join(BANK, 'desks/writer');
    const [away = ''] = await disk.list(folder);
    await disk.makeFolder(join(folder, '9-b1-1-1-1-r'));
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    expect((await disk.list(folder)).sort()).toEqual([away, 'damaged-9-b1-1-1-1-r'].sort());
  });

  it('moves the desks, and leaves a notice that somebody put up while they were in place', async () => {
    const machine = await machineWithBank();
    const disk = machine.start().host.disk({ shared: false });
    const file = await disk.open(PAIN, 'create');
    await writeAll(file, noticeOf(damaged('bank.json', 'another one'), system), 0);
    await file.close();
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    const says = `bank.json: another one (stopped ${WHEN})`;
    expect(await standingOf(machine)).toMatchObject({ says, away: 2 });
  });

  it('stops whoever takes a desk, or hides it for a moment, while it is declared', async () => {
    const machine = await machineWithBank();
    const plain = machine.start().host.disk({ shared: false });
    const [hidden, taken] = [new Set<string>(), new Set<string>()];
    const disk = hooked(plain, async ({ name, path }, go) => {
      const folder = dirname(path);
      if (name === 'list' && !hidden.has(path)) return hidden.add(path) && ([] as never);
      if (name !== 'rename' || !folder.startsWith(`${BANK}/desks/`) || taken.has(folder))
        return go();
      taken.add(folder);
      const [desk = ''] = await plain.list(folder);
      const own = desk.replace(/^\d+/, '77');
      await plain.rename(join(folder, desk), join(folder, own));
      await ifThere(() => plain.remove(join(folder, own, PAIN_FILE)));
      return go();
    });
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    expect(await standingOf(machine)).toEqual(STOPPED);
    expect([hidden.size, taken.size]).toEqual([2, 2]);
  });

  it('stops nobody, and says nothing, where it slept until somebody had repaired the bank', async () => {
    const machine = await machineWithBank();
    const repairer = machine.start();
    const plain = machine.start().host.disk({ shared: false });
    const disk = hooked(plain, async (step, go) => {
      const isNotice = step.name === 'rename' && step.path === PAIN;
      if (isNotice) await recoverBank(repairer.host, BANK, { apply: true });
      return go();
    });
    await machine.run(() => declareDamage({ disk, directory: BANK, system }, FOUND));
    const { says, away } = await standingOf(machine);
    expect({ says, away }).toEqual({ says: undefined, away: 0 });
  });

  it.each([
    ['there is no desk', ({ path }: Step) => path.endsWith('/desks/writer')],
    ['none that takes it', ({ path }: Step) => path.endsWith(`/${PAIN_FILE}`) && path !== PAIN],
    ['none that can be moved', ({ name, path }: Step) => name === 'rename' && /writer/.test(path)],
  ])('is written where everybody looks for it if %s', async (_, fails) => {
    const machine = await machineWithBank();
    const disk = hooked(machine.start().host.disk({ shared: false }), (step, go) => {
      if (fails(step)) throw systemError('ENOENT', step.path);
      return go();
    });
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    expect((await standingOf(machine)).says).toBe(NOTICE);
  });

  it.each(['open', 'create', 'write', 'sync', 'rename', 'list', 'syncFolder'])(
    'is told to who listens, and everything else is done, although %s fails',
    async (name) => {
      const machine = await machineWithBank();
      const told: unknown[] = [];
      const listen = (message: unknown) => told.push(message);
      channels.damage.subscribe(listen);
      const disk = hooked(machine.start().host.disk({ shared: false }), (step, go) => {
        if (step.name === name && !step.path.includes('/desks/poster'))
          throw systemError('EIO', step.path);
        return go();
      });
      await declareDamage({ disk, directory: BANK, system }, FOUND);
      channels.damage.unsubscribe(listen);
      expect(told).toEqual([{ directory: BANK, error: FOUND }]);
      expect((await standingOf(machine)).away).toBeGreaterThanOrEqual(1);
    },
  );

  it.each([undefined, 'write', 'sync'])(
    'leaves no file open, be it that %s fails',
    async (name) => {
      const machine = await machineWithBank();
      const open: string[] = [];
      const disk = hooked(machine.start().host.disk({ shared: false }), (step, go) => {
        if (step.name === 'create') open.push(step.path);
        if (step.name === 'close') open.splice(open.indexOf(step.path), 1);
        if (step.name === name) throw systemError('EIO', step.path);
        return go();
      });
      await declareDamage({ disk, directory: BANK, system }, FOUND);
      expect(open).toEqual([]);
      expect((await standingOf(machine)).away).toBe(2);
    },
  );

  it('hides no mistake of ours behind what a disk may say', async () => {
    const machine = await machineWithBank();
    const plain = machine.start().host.disk({ shared: false });
    const mistake = () => {
      throw new TypeError('a mistake');
    };
    const mistaken = hooked(plain, mistake);
    await expect(declareDamage({ disk: mistaken, directory: BANK, system }, FOUND)).rejects.toThrow(
      'a mistake',
    );
    await expect(refuseDamaged(mistaken, BANK)).rejects.toThrow('a mistake');
    expect(() => named('bank.json', mistake)).toThrow(TypeError);
    await expect(unlessDamaged(mistake)).rejects.toThrow('a mistake');
    const isDamage = () =>
      named('bank.json', () => {
        throw new FormatDamage('it is no JSON');
      });
    expect(isDamage).toThrow('The bank is damaged: bank.json: it is no JSON');
  });
});

describe('the refusal of a bank that is stopped', () => {
  it('tells what the notice says, and does without one that cannot be read', async () => {
    const machine = await machineWithBank();
    const disk = machine.start().host.disk({ shared: false });
    expect((await refuseDamaged(disk, BANK)).message).toBe(
      'The bank is damaged: its desks are away',
    );
    await declareDamage({ disk, directory: BANK, system }, FOUND);
    const refusal = await refuseDamaged(disk, BANK);
    expect(refusal).toMatchObject({
      code: 'BANK_DAMAGED',
      details: { file: PAIN_FILE, what: NOTICE },
    });
  });

  it.each([
    ['nothing', '', undefined],
    ['a header alone', 'when,what,where,do\n', undefined],
    ['half a row', 'when,what,where,do\n2026-11-25', '2026-11-25'],
    ['a whole one', `${noticeOf(FOUND, system)}`, NOTICE],
  ])('reads %s', (_, text, says) => {
    expect(readNotice(text)).toBe(says);
  });
});
