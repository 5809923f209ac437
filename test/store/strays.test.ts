import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountFolder } from '#lib/format/account-path.js';
import { findStrays } from '#lib/store/strays.js';
import { hooked } from '#lib/testing/hooked-disk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { Machine } from '../machine/processes.js';
import { fund, namesIn } from './books.js';

/** A bank that its only process has closed, and where one account’s passbook lies. */
async function closedBank() {
  const machine = await Machine.withBank();
  const first = await machine.start();
  const [ada] = await fund(first);
  await first.bank.posted();
  await first.bank.close();
  const { files } = await machine.start();
  const { directory } = machine;
  const deskOf = (role: string) => `desks/${role}/${namesIn(directory, `desks/${role}`)[0]}`;
  return { machine, directory, files, home: accountFolder(ada), deskOf };
}

describe('what lies in a bank and is none of its files', () => {
  it('is named, each, with why; hidden names and what is staged are counted alone', async () => {
    const { directory, files, home, deskOf } = await closedBank();
    const before = await findStrays(files);
    expect(before).toMatchObject({ hidden: 0, staged: 0, problems: [] });
    const outer = dirname(home);
    const none = 'it is none of the bank’s files';
    const away = accountFolder('notes');
    const file = 'it is a file where a folder belongs';
    // From the top down, as one reads a listing: journal, passbooks, desks.
    const strays: [string, string][] = [
      ['notes.txt', none],
      ['journal/notes.csv', none],
      ['accounts/notes.csv', none],
      ['accounts/00', file],
      [`${outer}/notes.csv`, none],
      [`${home}/notes.txt`, none],
      [`${home}/notes.csv`, `its place is ${away}: nobody reads it here`],
      ['desks/notes', none],
      ['desks/writer.queue/notes', none],
      ['desks/writer/notes', none],
      [`${deskOf('writer')}/notes`, none],
      ['desks/poster.queue', file],
      ['desks/poster/notes', none],
      [`${deskOf('poster')}/answered-1`, none],
    ];
    const aside = ['.git', 'journal/.DS_Store', `${home}/.a10017.csv`];
    const staged = [`${deskOf('writer')}/segment-1-1`, `${deskOf('poster')}/page-1-1`];
    rmSync(join(directory, 'desks/poster.queue'), { recursive: true });
    for (const name of [...strays.map(([name]) => name), ...aside, ...staged])
      writeFileSync(join(directory, name), 'mine');
    const found = await findStrays(files);
    expect(found.problems).toEqual(strays.map(([file, what]) => ({ file, what })));
    // The file in the place of the queue has a name that belongs there.
    const more = strays.length - 1 + staged.length;
    expect(found).toMatchObject({ hidden: 3, staged: 2, names: before.names + more });
  });

  it('is nothing where a folder is gone, and not known where the disk fails to show it', async () => {
    const { machine, directory, files } = await closedBank();
    rmSync(join(directory, 'desks/writer.queue'), { recursive: true });
    expect(await findStrays(files)).toMatchObject({ problems: [] });
    const disk = new FaultyDisk();
    disk.fault = ({ name, path }) =>
      name === 'list' && path.endsWith('/journal') ? 'EIO' : undefined;
    const failing = await machine.start(disk.on);
    await expect(findStrays(failing.files)).rejects.toMatchObject({ code: 'EIO' });
  });

  it('is not a name that goes between the list and the look at it', async () => {
    const { machine, directory, deskOf } = await closedBank();
    const ticket = join(directory, 'desks/poster.queue', basename(deskOf('poster')));
    writeFileSync(ticket, '');
    const { files } = await machine.start((disk) =>
      hooked(disk, ({ name, path }, go) => {
        if (name === 'facts' && path === ticket) rmSync(ticket, { force: true });
        return go();
      }),
    );
    expect(await findStrays(files)).toMatchObject({ problems: [] });
    expect(existsSync(ticket)).toBe(false);
  });
});
