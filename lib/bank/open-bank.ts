import { randomUUID } from 'node:crypto';
import { whyUnsupported } from '../disk/file-system.js';
import { FORMAT_VERSION, type Manifest, standardDigits } from '../format/manifest.js';
import { BankError, refuseCancelled } from '../ledger/errors.js';
import { readCurrency } from '../ledger/request.js';
import { acceptCopy, isCopy } from '../store/copy.js';
import { createBank } from '../store/create.js';
import { asBankError } from '../store/disk-error.js';
import { type Host, nodeHost } from '../store/host.js';
import { openFiles } from '../store/store.js';
import type { Bank, InitOptions, OpenBankOptions } from './api.js';
import { OpenedBank } from './bank.js';
import { readDirectory } from './read-directory.js';

/** What `initBank` made. */
export interface NewBank {
  readonly directory: string;
  readonly id: string;
  readonly currency: string;
  readonly shared: boolean;
}

/**
 * Opens the bank in `directory`. Opening is recovering: whatever a crash left is put right by the same
 * steps as always. Any number of processes may have the same bank open.
 * @throws BankError BANK_NOT_FOUND, BANK_TOO_NEW, BANK_DAMAGED, NO_PERMISSION, UNSUPPORTED_FILE_SYSTEM
 */
export async function openBank(directory: string, options: OpenBankOptions = {}): Promise<Bank> {
  const path = readDirectory(directory);
  try {
    refuseCancelled(options.signal);
    if (options.force !== true) await refuseFileSystem(path);
    return options.create
      ? await openOrInitAt(nodeHost(), path, options)
      : await openAt(nodeHost(), path, options);
  } catch (error) {
    throw asBankError(error);
  }
}

/** What an open bank does by the clock. */
type Clock = Pick<OpenBankOptions, 'acceptClock' | 'runDue'>;

/** Opens the bank at `path` on `host`, and makes it before if there is none. */
export async function openOrInitAt(
  host: Host,
  path: string,
  options: InitOptions & Clock,
): Promise<Bank> {
  try {
    return await openAt(host, path, options);
  } catch (error) {
    if (!(error instanceof BankError) || error.code !== 'BANK_NOT_FOUND') throw error;
  }
  try {
    await initAt(host, path, options);
  } catch (error) {
    // Somebody else made it in the same moment: theirs is as good.
    if (!(error instanceof BankError) || error.code !== 'BANK_EXISTS') throw error;
  }
  return openAt(host, path, options);
}

/** Opens the bank at `path`, an absolute one, on `host`. */
export async function openAt(host: Host, path: string, options: Clock = {}): Promise<OpenedBank> {
  const files = await openFiles(host, path);
  if (await isCopy(files)) await acceptCopy(files);
  return new OpenedBank(files, options);
}

/**
 * Makes a bank in `directory`, which must be absent or empty.
 * @throws BankError BANK_EXISTS, INVALID_CURRENCY, NO_PERMISSION, DISK_FULL, UNSUPPORTED_FILE_SYSTEM
 */
export async function initBank(directory: string, options: InitOptions = {}): Promise<NewBank> {
  const path = readDirectory(directory);
  try {
    refuseCancelled(options.signal);
    if (options.force !== true) await refuseFileSystem(path);
    return await initAt(nodeHost(), path, options);
  } catch (error) {
    throw asBankError(error);
  }
}

/** Makes a bank at `path`, an absolute one, on `host`. */
export async function initAt(host: Host, path: string, options: InitOptions): Promise<NewBank> {
  const currency = readCurrency(options.currency ?? 'USD');
  const digits = standardDigits();
  if (!Object.hasOwn(digits, currency)) {
    throw new BankError('INVALID_CURRENCY', `${currency} is no active ISO 4217 currency.`);
  }
  const shared = options.shared === true;
  const manifest: Manifest = {
    version: FORMAT_VERSION,
    id: randomUUID(),
    created: new Date(host.system.now()).toISOString(),
    currency,
    shared,
    digits,
  };
  await createBank(host.disk({ shared }), host.system, path, manifest);
  return { directory: path, id: manifest.id, currency, shared };
}

async function refuseFileSystem(path: string): Promise<void> {
  const why = whyUnsupported(path);
  if (why === undefined) return;
  throw new BankError('UNSUPPORTED_FILE_SYSTEM', `A bank must not lie in ${path}: ${why}.`, {
    hint: 'Keep the bank on a local disk, or force it (--force) if you know better.',
  });
}
