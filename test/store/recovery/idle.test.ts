/** Programs that have the bank open and idle while somebody repairs it. */
import { expect, it } from 'vitest';
import { damaged, declareDamage } from '#lib/store/damage.js';
import { recoverBank } from '#lib/store/recover.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { SimulatedMachine, type SimulatedProcess } from '#lib/testing/simulated-machine.js';
import { pageOf } from './harm.js';

const BANK = '/bank';
/** Far less than it waits for a program that does not hear. */
const SOON_MS = 5_000;

/** Ada's passbook was changed; nobody but its owner has used the bank, who leads, and has both roles or one. */
async function idleBank(roles: 'writer' | 'writer and poster') {
  const machine = new SimulatedMachine();
  const owner = machine.start();
  const disk = machine.disk.port();
  const { bank, id } = await machine.run(async () => {
    await owner.initBank(BANK);
    const opened = await owner.openBank(BANK);
    const account = await opened.openAccount({ firstName: 'Ada', lastName: 'Lovelace' });
    await opened.posted();
    // What comes then is posted a second later, beside the answers: by who idles on with the role.
    await opened.deposit(account.id, '1.00');
    if (roles !== 'writer') await owner.host.system.pause(3_000).done;
    return { bank: opened, id: account.id };
  });
  const isHeld = (role: string) => disk.exists(`${BANK}/desks/${role}.lock`);
  expect([await isHeld('writer'), await isHeld('poster')]).toEqual([true, roles !== 'writer']);
  const path = `${BANK}/${pageOf(id)}`;
  const file = await disk.open(path, 'write');
  await file.write(Buffer.from('Eve'), (await disk.read(path)).indexOf('Ada'));
  await file.close();
  const declare = ({ host }: SimulatedProcess) => {
    const place = { disk: host.disk({ shared: false }), directory: BANK, system: host.system };
    return declareDamage(place, damaged(pageOf(id), 'row 1 was changed'));
  };
  return { machine, owner, bank, id, declare };
}

it.each([
  ['writer', false],
  ['writer', true],
  ['writer and poster', false],
  ['writer and poster', true],
] as const)(
  'let go at once who has the role of the %s, and go on when it is repaired; stopped before: %s',
  async (roles, stopped) => {
    const { machine, bank, id, declare } = await idleBank(roles);
    const queue = () => machine.disk.port().list(`${BANK}/desks/writer.queue`);
    const waiting: string[][] = [];
    const other = machine.start((disk) =>
      hooked(disk, async ({ name, path }, go) => {
        if (name === 'rename' && path.includes('/writer/damaged-')) waiting.push(await queue());
        return go();
      }),
    );
    const start = machine.time;
    await machine.run(async () => {
      if (stopped) await declare(machine.start());
      const recovery = await recoverBank(other.host, BANK, { apply: true });
      expect(recovery).toMatchObject({ state: 'repaired', problems: [] });
    });
    expect(machine.time - start).toBeLessThan(SOON_MS);
    await machine.run(async () => {
      expect((await bank.deposit(id, '1.00')).to.after.amount).toBe('2.00');
      expect((await bank.verify()).ok).toBe(true);
      await bank.close();
    });
    // Nobody waits any more when the role is had.
    expect(waiting[0]).toEqual([]);
  },
);

it('one that hears nothing is waited for with one ticket, drawn anew when somebody took it away', async () => {
  const { machine, owner, declare } = await idleBank('writer');
  await machine.run(() => declare(machine.start()));
  owner.stop();
  const port = machine.disk.port();
  const queue = `${BANK}/desks/writer.queue`;
  const waiting: number[] = [];
  const other = machine.start((disk) =>
    hooked(disk, async ({ name, path }, go) => {
      if (name !== 'list' || path !== `${BANK}/desks/writer`) return go();
      const tickets = await port.list(queue);
      waiting.push(tickets.length);
      const looks = waiting.filter((count) => count > 0).length;
      if (looks === 3) for (const ticket of tickets) await port.remove(`${queue}/${ticket}`);
      return go();
    }),
  );
  const { state } = await machine.run(() => recoverBank(other.host, BANK, { apply: true }));
  expect(state).toBe('repaired');
  expect(Math.max(...waiting)).toBe(1);
  const first = waiting.indexOf(1);
  expect(waiting.slice(first, first + 6)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(await port.list(queue)).toEqual([]);
});
