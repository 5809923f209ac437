/**
 * A bank at another place than where it was written last (its `desks` folder is another one) is a
 * copy, perhaps made while it was busy: it is verified before it is used.
 */
import { join } from 'node:path';
import { ifThere, removeIfThere } from '../disk/disk.js';
import { isMarkName } from './answered.js';
import { desksIdentity, readCheckpoint } from './checkpoint.js';
import { damaged, declareDamage } from './damage.js';
import type { BankFiles } from './store.js';
import { BOOK_STEPS, verifyFiles } from './verify.js';

export async function isCopy({ disk, directory }: BankFiles): Promise<boolean> {
  const { desks } = await readCheckpoint(disk, directory);
  return desks !== (await desksIdentity(disk, directory));
}

/** Verifies the copy, and makes it a bank of its own. @throws BankError BANK_DAMAGED */
export async function acceptCopy(files: BankFiles): Promise<void> {
  const { disk, directory, system, log, poster } = files;
  files.breakLocks(); // They were copied, too: whoever holds the original does not hold this.
  await removeOldMarks(files);
  await log.lead();
  const { steps } = await verifyFiles(files, {});
  // What lies beside the books harms no copy.
  const books = steps.filter(({ name }) => BOOK_STEPS.includes(name));
  const problem = books.flatMap(({ problems }) => problems)[0];
  await log.leave();
  if (problem) {
    const found = damaged(problem.file, problem.what);
    await declareDamage(disk, directory, found, new Date(system.now()).toISOString());
    throw found;
  }
  if (await poster.tryStart()) {
    await poster.post();
    await poster.confirm();
    await poster.stop();
  }
}

/**
 * What marks of another boot say was answered by the original: the journal may have been copied before
 * they were.
 */
async function removeOldMarks({ disk, system, stations }: BankFiles): Promise<void> {
  const { owner, path } = await stations.writer.desks.find();
  if (owner.boot === system.identity.boot) return;
  const names = (await ifThere(() => disk.list(path))) ?? []; // Or somebody else has taken the copy over.
  for (const name of names.filter(isMarkName)) await removeIfThere(disk, join(path, name));
}
