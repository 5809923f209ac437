/** `bank.json`: what a bank says of itself, once and for all. */
import { join } from 'node:path';
import { type Disk, errorCode, type FileFacts } from '../disk/disk.js';
import { decodeManifest, FORMAT_VERSION, type Manifest } from '../format/manifest.js';
import type { DigitsOf } from '../format/passbook-page.js';
import { BankError } from '../ledger/errors.js';
import { bankDisk } from './bank-disk.js';
import { CHECKPOINT_FILE } from './checkpoint.js';
import { damaged, named } from './damage.js';

export const MANIFEST_FILE = 'bank.json';

/** The digits of the bank's currencies. */
export function digitsBy({ digits }: Manifest): DigitsOf {
  return (currency) => (Object.hasOwn(digits, currency) ? digits[currency] : undefined);
}

/** Reads `bank.json`. @throws BankError BANK_NOT_FOUND, BANK_TOO_NEW, BANK_DAMAGED */
export async function readManifest(disk: Disk, directory: string): Promise<Manifest> {
  let text: string;
  try {
    const bytes = await bankDisk(disk, directory).read(join(directory, MANIFEST_FILE));
    text = bytes.toString('utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    throw await noBank(disk, directory);
  }
  const manifest = named(MANIFEST_FILE, () => decodeManifest(text));
  if (!('id' in manifest)) {
    throw new BankError(
      'BANK_TOO_NEW',
      `The bank in ${directory} has format ${manifest.version}; this drovebank reads up to ${FORMAT_VERSION}.`,
      { details: { version: manifest.version, supported: FORMAT_VERSION } },
    );
  }
  return manifest;
}

async function noBank(disk: Disk, directory: string): Promise<BankError> {
  const facts = await factsIfAny(disk, directory);
  // A bank that lost the file must not look as if there had never been any money in it.
  if (await factsIfAny(disk, join(directory, CHECKPOINT_FILE))) {
    return damaged(MANIFEST_FILE, 'it is missing, and the rest of a bank is there');
  }
  const isFile = facts?.folder === false;
  const missing = facts === undefined ? 'there is no such directory' : 'it has no bank.json';
  const why = isFile ? 'it is a file' : missing;
  return new BankError('BANK_NOT_FOUND', `There is no bank in ${directory}: ${why}.`, {
    details: { directory },
    ...(isFile && { hint: 'Name the directory of a bank: with --dir, or in DROVEBANK_DIR.' }),
  });
}

/** `undefined` also where the path leads through a file. */
async function factsIfAny(disk: Disk, path: string): Promise<FileFacts | undefined> {
  try {
    return await disk.facts(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOTDIR') throw error;
    return undefined;
  }
}
