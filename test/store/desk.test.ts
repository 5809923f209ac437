import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#lib/disk/node-disk.js';
import { nodeSystem } from '#lib/disk/node-system.js';
import { formatOwner } from '#lib/format/owner-name.js';
import { Desks } from '#lib/store/desk.js';
import { FaultyDisk } from '../machine/hooked-disk.js';
import { newDirectory } from '../machine/processes.js';

/** A writer's desk that somebody has had, with `papers` on it. */
function desksWith(papers: readonly string[] = []) {
  const directory = newDirectory();
  const before = { number: 3, boot: 'b0', pidNamespace: '1', pid: 7, started: '1', random: 'r' };
  const folder = join(directory, 'desks/writer');
  mkdirSync(join(folder, formatOwner(before)), { recursive: true });
  for (const paper of papers) writeFileSync(join(folder, formatOwner(before), paper), paper);
  const faults = new FaultyDisk();
  const desks = new Desks(faults.on(nodeDisk()), nodeSystem(), directory, 'writer');
  return { folder, before, desks, faults };
}

describe('a desk', () => {
  it('is taken by its rename, and by nobody else from the one before', async () => {
    const { folder, before, desks } = desksWith(['answered-3']);
    const found = await desks.find();
    expect(found).toMatchObject({ owner: before, path: join(folder, formatOwner(before)) });
    const taken = await desks.take(found, 4, 'lock4');
    expect(taken?.owner).toMatchObject({ number: 4, random: 'lock4' });
    expect(readdirSync(folder)).toEqual([taken && formatOwner(taken.owner)]);
    expect(readdirSync(taken?.path ?? '')).toEqual(['answered-3']);
    expect(taken && (await desks.isMine(taken))).toBe(true);
    expect(await desks.isMine(found)).toBe(false);
    expect(await desks.take(found, 5, 'lock5')).toBeUndefined();
    expect(await desks.find()).toEqual(taken);
  });

  it.each(['EIO', 'EACCES'])(
    'is not taken for another one’s because its rename fails: %s',
    async (code) => {
      const { desks, faults } = desksWith();
      const found = await desks.find();
      faults.fault = ({ name }) => (name === 'rename' ? code : undefined);
      await expect(desks.take(found, 4, 'lock4')).rejects.toMatchObject({ code });
      faults.fault = ({ name }) => (name === 'facts' ? code : undefined);
      await expect(desks.isMine(found)).rejects.toMatchObject({ code });
      faults.fault = ({ name }) => (name === 'list' ? code : undefined);
      await expect(desks.find()).rejects.toMatchObject({ code });
    },
  );

  it('is emptied of all but what is to be kept', async () => {
    const { desks } = desksWith(['answered-3', 'segment-3-1', 'page-3-7']);
    const desk = await desks.find();
    expect(await desks.empty(desk, (name) => name.startsWith('answered'))).toEqual(['answered-3']);
    expect(readdirSync(desk.path)).toEqual(['answered-3']);
    expect(await desks.empty(desk)).toEqual([]);
    expect(readdirSync(desk.path)).toEqual([]);
  });

  it('that is away, or whose folder is missing, is damage', async () => {
    const { folder, before, desks } = desksWith();
    renameSync(join(folder, formatOwner(before)), join(folder, `damaged-${formatOwner(before)}`));
    await expect(desks.find()).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      message: 'The bank is damaged: its desks are away',
    });
    rmSync(folder, { recursive: true });
    await expect(desks.find()).rejects.toMatchObject({
      code: 'BANK_DAMAGED',
      message: 'The bank is damaged: desks/writer: the folder is missing',
    });
  });
});
