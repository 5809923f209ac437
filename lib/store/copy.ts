/**
 * A bank at another place than where it was written last (its `desks` folder is another one) is a
 * copy, perhaps made while it was busy: it is verified, and made durable, before it is used.
 */
import { desksIdentity, readCheckpoint } from './checkpoint.js';
import { damaged, declareDamage } from './damage.js';
import { makeTreeDurable } from './durable.js';
import type { BankFiles } from './store.js';
import { BOOK_STEPS, verifyFiles } from './verify.js';

export async function isCopy({ disk, directory }: BankFiles): Promise<boolean> {
  const { desks } = await readCheckpoint(disk, directory);
  return desks !== (await desksIdentity(disk, directory));
}

/** Verifies the copy, and makes it a bank of its own. @throws BankError BANK_DAMAGED */
export async function acceptCopy(files: BankFiles): Promise<void> {
  const { disk, directory, log, poster } = files;
  files.breakLocks(); // They were copied, too: whoever holds the original does not hold this.
  await log.leadCopy();
  const { steps } = await verifyFiles(files, {});
  // What lies beside the books harms no copy.
  const books = steps.filter(({ name }) => BOOK_STEPS.includes(name));
  const problem = books.flatMap(({ problems }) => problems)[0];
  await log.leave();
  if (problem) {
    const found = damaged(problem.file, problem.what);
    await declareDamage(files, found);
    throw found;
  }
  await makeTreeDurable(disk, directory);
  if (await poster.tryStart()) {
    await poster.confirm();
    await poster.stop();
  }
}
